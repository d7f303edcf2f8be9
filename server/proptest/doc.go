// Package proptest holds Basalt's promise against random schemas, rules, data and calls: nothing that a caller
// may not see changes what they get. See README.md for what is asked, and how to run it for longer.
//
// It is tests alone. What a caller may see is worked out here by an evaluation of its own, from what DESIGN.md
// says that rules mean, and by nothing of the product.
package proptest
