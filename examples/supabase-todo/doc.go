// Package supabasetodo holds the example of supabase-js and the test of its page in a browser.
package supabasetodo
