module.exports = {
  rootDir: __dirname,
  testEnvironment: 'node',
  maxWorkers: 1,
  testTimeout: 30000,
  forceExit: true,
  prettierPath: null,
  transform: { '^.+\\.(t|j)sx?$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
  moduleNameMapper: {
    '^@supabase/(auth|storage|realtime|postgrest|functions)-js$': '<rootDir>/packages/core/$1-js/src/index.ts',
    '^@supabase/tracing$': '<rootDir>/packages/shared/tracing/src/index.ts',
  },
  modulePathIgnorePatterns: ['<rootDir>/packages/core/.*/test/integration/'],
  testPathIgnorePatterns: ['/node_modules/', '/v12/', '[.]browser[.]test'],
};
