package main

import (
	"regexp"
	"strconv"
	"strings"
)

// A line of the TAP that `node --test` prints, with the indentation of a subtest.
var (
	tapFailed = regexp.MustCompile(`^(\s*)not ok \d+ - (.*)$`)
	tapCount  = regexp.MustCompile(`^# (pass|skipped) (\d+)$`)
)

// nodeTests reads the TAP of `node --test`. A test that fails only because a subtest did is not named.
func nodeTests(output string) result {
	var r result
	all := lines(output)
	for i, line := range all {
		if m := tapCount.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[2]) // digits
			if m[1] == "pass" {
				r.passed = n
			} else {
				r.skipped = n
			}
			continue
		}
		m := tapFailed.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		details := tapDetails(all[i+1:])
		if strings.Contains(strings.Join(details, "\n"), "failureType: 'subtestsFailed'") {
			continue
		}
		r.failures = append(r.failures, failure{
			name: "sdk/js " + m[2], output: details,
			again: "cd sdk/js && node --test --test-name-pattern='^" + regexp.QuoteMeta(m[2]) + "$' test/",
		})
	}
	return r
}

// tapDetails returns the block of YAML that follows a line of TAP.
func tapDetails(after []string) []string {
	for i, line := range after {
		if strings.TrimSpace(line) == "..." {
			return after[:i+1]
		}
	}
	return nil
}
