package rules

// FunctionNames are the functions of the language, for tests that take each.
var FunctionNames = functionNames
