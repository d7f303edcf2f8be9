package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/modules/db/postgres/postgrestest"
)

// hot is how many documents of each owner the cached reads ask for.
const hot = 10

var cachedGet = workload{name: "get", status: 200, build: func(r *fasthttp.Request, base string, owner, i, _ int) {
	r.SetRequestURI(base + "/v1/db/notes/" + documentID((i*7919%hot)*owners+owner))
}}

// bareMemory is what one would write by hand for answers that are in memory: the caller in a table, the
// answer in another one.
func bareMemory() *fiber.App {
	callers, answers := map[string]string{}, map[string][]byte{}
	for i, t := range tokens() {
		callers["Bearer "+t] = ownerName(i)
	}
	for i := range hot * owners {
		answers[ownerName(i)+" "+documentID(i)] = fmt.Appendf(nil, `{"id":%q,"owner":%q,"title":"note %s","body":"some text that is neither long nor short, as people write it","stars":%d,"done":%t,"created":"2023-11-14T22:13:20.%06dZ"}`,
			documentID(i), ownerName(i), documentID(i), i%10, i%3 == 0, i)
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/v1/db/notes/:id", func(c *fiber.Ctx) error {
		body := answers[callers[c.Get("Authorization")]+" "+c.Params("id")]
		if body == nil {
			return fiber.ErrNotFound
		}
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		return c.Send(body)
	})
	return app
}

// onPostgres runs a measurement with a PostgreSQL of its own, in a directory of its own.
func onPostgres(o options, measure func(o options, dir string) error) (err error) {
	dir, err := os.MkdirTemp("", "basalt-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := postgrestest.New(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	o.URL, o.Database = s.URL(), "postgres"
	return measure(o, dir)
}

// measureCache measures reads of hot documents on PostgreSQL: with the cache, without it, and by a bare handler that
// has the answers in memory. The CPU time is that of the server and the database together.
func measureCache(o options, dir string) (err error) {
	var targets []*target
	defer func() {
		for _, t := range targets {
			err = errors.Join(err, t.stop())
		}
	}()
	roles := []string{"basalt", "cached", "memory"}
	for _, role := range roles {
		t, err := startTarget(o, role, filepath.Join(dir, role))
		if err != nil {
			return err
		}
		targets = append(targets, t)
	}
	results := make([][]result, len(targets))
	for range o.Rounds {
		for i, t := range targets {
			before, err := databaseCPU(dir)
			if err != nil {
				return err
			}
			r, err := once(o, t, cachedGet)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			after, err := databaseCPU(dir)
			if err != nil {
				return err
			}
			r.cpu += float64((after - before).Microseconds()) / (r.perSecond * o.Duration.Seconds())
			results[i] = append(results[i], r)
		}
	}
	saved, above := ratio(results[0], results[1]), ratio(results[1], results[2])
	without, with, memory := median(results[0]), median(results[1]), median(results[2])
	for i, r := range []result{without, with, memory} {
		fmt.Printf("%-8s %7.0f requests/s %6.1f CPU-µs, server and database\n", roles[i], r.perSecond, r.cpu)
	}
	fmt.Printf("the cache takes 1/%.1f of the CPU of the database, and %.2f of that of a bare handler (medians of the rounds)\n", saved, above)
	return nil
}

// accounts are those that sign in, which is the work of a node that takes most of its CPU.
const accounts = 8

func credentials(n int) string {
	return fmt.Sprintf(`{"email":"u%d@example.com","password":"a long password %d"}`, n%accounts, n%accounts)
}

var signIn = workload{name: "sign-in", status: 200, build: func(r *fasthttp.Request, base string, owner, _, _ int) {
	r.Header.SetMethod("POST")
	r.SetRequestURI(base + "/v1/auth/signin")
	r.SetBodyString(credentials(owner))
}}

// signUp makes the accounts.
func signUp(t *target) error {
	for n := range accounts {
		req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		req.Header.SetMethod("POST")
		req.Header.SetContentType("application/json")
		req.SetRequestURI(t.url + "/v1/auth/signup")
		req.SetBodyString(credentials(n))
		err := fasthttp.Do(req, resp)
		if err == nil && resp.StatusCode() != 201 {
			err = fmt.Errorf("signing up: status %d: %s", resp.StatusCode(), resp.Body())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// measureNodes measures what a request costs on one node and on several that share a database and the requests. What
// it costs a machine that several processes share its cores, whatever they are, is in neither where the one node has
// bare handlers beside it that get the rest of the requests; and the same of bare handlers alone tells how much it is.
func measureNodes(o options, dir string) (err error) {
	var nodes, plain, bare []*target
	defer func() {
		for _, t := range slices.Concat(nodes, plain, bare) {
			err = errors.Join(err, t.stop())
		}
	}()
	for i := range o.Nodes {
		for role, list := range map[string]*[]*target{"memory": &bare, "basalt": &plain, "cached": &nodes} {
			t, err := startTarget(o, role, filepath.Join(dir, role+strconv.Itoa(i)))
			if err != nil {
				return err
			}
			*list = append(*list, t)
		}
	}
	if err := signUp(plain[0]); err != nil {
		return err
	}
	for _, w := range []struct {
		what string
		workload
		nodes []*target
	}{{"bare get", cachedGet, bare}, {"cached get", cachedGet, nodes}, {"cached list-20", workloads[1], nodes}, {"get", workloads[0], plain}, {"list-20", workloads[1], plain}, {"update", workloads[3], nodes}, {"sign-in", signIn, plain}} {
		nodes := w.nodes
		var one, beside, all []result
		for range o.Rounds {
			a, err := onceOn(o, nodes[:1], w.workload)
			if err != nil {
				return err
			}
			c, err := onceBeside(o, nodes[:1], w.workload, bare[1:], cachedGet)
			if err != nil {
				return err
			}
			b, err := onceOn(o, nodes, w.workload)
			if err != nil {
				return err
			}
			one, beside, all = append(one, a), append(beside, c), append(all, b)
		}
		alone, shared := ratio(all, one), ratio(all, beside)
		a, b := median(one), median(all)
		fmt.Printf("%-14s one node %6.0f requests/s %8.1f CPU-µs   %d nodes %6.0f requests/s %8.1f CPU-µs   %.2f of the CPU a request, %.2f of that beside bare handlers\n",
			w.what, a.perSecond, a.cpu, o.Nodes, b.perSecond, b.cpu, alone, shared)
	}
	return nil
}

// databaseCPU returns what all processes of PostgreSQL have used whose data is in a directory.
func databaseCPU(dir string) (time.Duration, error) {
	var pidFiles []string
	for _, below := range []string{"", "*", "*/*"} {
		found, err := filepath.Glob(filepath.Join(dir, below, "postmaster.pid"))
		if err != nil {
			return 0, err
		}
		pidFiles = append(pidFiles, found...)
	}
	if len(pidFiles) != 1 {
		return 0, fmt.Errorf("PostgreSQL is not found in %s: %v", dir, pidFiles)
	}
	text, err := os.ReadFile(pidFiles[0])
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	postmaster, err := strconv.Atoi(first)
	if err != nil {
		return 0, err
	}
	total, err := cpuTime(postmaster)
	if err != nil {
		return 0, err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", postmaster, postmaster))
	if err != nil {
		return 0, err
	}
	for child := range strings.FieldsSeq(string(children)) {
		pid, err := strconv.Atoi(child)
		if err != nil {
			return 0, err
		}
		used, err := cpuTime(pid)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, err
		}
		total += used
	}
	return total, nil
}

// cacheRoles are the servers of measureCache that are this program in its role of Basalt.
var cacheRoles = []string{"basalt", "cached"}

func isBasalt(role string) bool { return slices.Contains(cacheRoles, role) || role == "copied" }
