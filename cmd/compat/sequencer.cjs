// The order of the files in the repository of the suites: what a test finds depends on those before it.
const Sequencer = require('@jest/test-sequencer').default
module.exports = class extends Sequencer {
  sort(tests) { return tests.sort((a, b) => a.path.localeCompare(b.path)) }
}
