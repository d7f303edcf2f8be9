package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
)

// owners is how many people the documents belong to. Each worker is one of them.
const owners = 100

func ownerName(i int) string { return "u" + strconv.Itoa(i%owners) }

func documentID(i int) string { return fmt.Sprintf("n%07d", i) }

// workload is one kind of request. Documents belong to ownerName of their number. A status of 0 is any of success.
type workload struct {
	name   string
	status int
	build  func(r *fasthttp.Request, base string, owner, i, documents int)
	rows   int // that one request stores; 0 is 1
}

// alone are those of one kind of request.
var alone = []workload{
	{name: "get", status: 200, build: func(r *fasthttp.Request, base string, owner, i, documents int) {
		r.SetRequestURI(base + "/v1/db/notes/" + documentID((i*7919%(documents/owners))*owners+owner))
	}},
	{name: "list-20", status: 200, build: func(r *fasthttp.Request, base string, _, _, _ int) {
		r.SetRequestURI(base + "/v1/db/notes?filter=done==false&sort=-created&limit=20")
	}},
	{name: "create", status: 201, build: func(r *fasthttp.Request, base string, owner, i, _ int) {
		r.Header.SetMethod("POST")
		r.SetRequestURI(base + "/v1/db/notes")
		r.SetBodyString(`{"title":"a note to write","body":"with some text in it that is not too short","stars":` + strconv.Itoa(i%10) + `}`)
	}},
	{name: "update", status: 200, build: func(r *fasthttp.Request, base string, owner, i, documents int) {
		r.Header.SetMethod("PATCH")
		r.SetRequestURI(base + "/v1/db/notes/" + documentID((i*7919%(documents/owners))*owners+owner))
		r.SetBodyString(`{"stars":` + strconv.Itoa(i%10) + `}`)
	}},
}

var workloads = append(slices.Clone(alone), workload{name: "mixed", build: mixture})

// mixture is what people do: of ten requests six get, two list, one creates and one updates.
func mixture(r *fasthttp.Request, base string, owner, i, documents int) {
	kind := [10]int{0, 0, 1, 0, 2, 0, 0, 1, 0, 3}[rand.IntN(10)]
	alone[kind].build(r, base, owner, i, documents)
}

type result struct {
	perSecond, cpu float64
	done           int64
}

// median returns the result in the middle by CPU.
func median(results []result) result {
	slices.SortFunc(results, func(a, b result) int { return int((a.cpu - b.cpu) * 1000) })
	return results[len(results)/2]
}

// ratio returns the median of how much CPU a takes to that of b, round by round: the speed of a machine that others
// use, too, changes from one minute to the next.
func ratio(a, b []result) float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i].cpu / b[i].cpu
	}
	slices.Sort(out)
	return out[len(out)/2]
}

func once(o options, t *target, w workload) (result, error) {
	return onceOn(o, []*target{t}, w)
}

// onceOn measures a workload whose connections are spread over several servers.
func onceOn(o options, targets []*target, w workload) (result, error) {
	return onceBeside(o, targets, w, nil, w)
}

// onceBeside measures a workload while other servers get their share of the connections for another one, which is not
// counted.
func onceBeside(o options, targets []*target, w workload, beside []*target, other workload) (result, error) {
	client := &fasthttp.Client{MaxConnsPerHost: o.Connections, ReadTimeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	all := slices.Concat(targets, beside)
	var done atomic.Int64
	var failed atomic.Pointer[error]
	cpu, err := cpuOf(targets)
	if err != nil {
		return result{}, err
	}
	start := time.Now()
	end := start.Add(o.Duration)
	var workers sync.WaitGroup
	for n := range o.Connections {
		workers.Go(func() {
			req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			defer fasthttp.ReleaseRequest(req)
			defer fasthttp.ReleaseResponse(resp)
			place := n % len(all)
			counts, w := place < len(targets), w
			if !counts {
				w = other
			}
			for i := n; time.Now().Before(end) && failed.Load() == nil; i++ {
				req.Reset()
				req.Header.Set("Authorization", "Bearer "+tokenOf(n))
				req.Header.SetContentType("application/json")
				w.build(req, all[place].url, n%owners, i*o.Connections, o.Documents)
				err := client.Do(req, resp)
				if err == nil && resp.StatusCode() != w.status && (w.status != 0 || resp.StatusCode() >= 300) {
					err = fmt.Errorf("status %d: %s", resp.StatusCode(), resp.Body())
				}
				if err != nil {
					failed.Store(&err)
					return
				}
				if counts {
					done.Add(1)
				}
			}
		})
	}
	workers.Wait()
	took := time.Since(start)
	if err := failed.Load(); err != nil {
		return result{}, *err
	}
	after, err := cpuOf(targets)
	if err != nil {
		return result{}, err
	}
	n := float64(done.Load())
	return result{n / took.Seconds(), float64((after - cpu).Microseconds()) / n, done.Load()}, nil
}

// cpuOf returns what servers have used together.
func cpuOf(targets []*target) (total time.Duration, err error) {
	for _, t := range targets {
		used, err := cpuTime(t.process.Process.Pid)
		if err != nil {
			return 0, err
		}
		total += used
	}
	return total, nil
}

// memory returns the anonymous memory of a process that is resident, in bytes: what it takes for itself. The pages of its program that
// are mapped besides are in the cache of files of the kernel, which shares them, and drops them when it needs room.
func memory(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the memory: %w", err)
	}
	_, after, found := strings.Cut(string(text), "RssAnon:")
	fields := strings.Fields(after)
	if !found || len(fields) == 0 {
		return 0, fmt.Errorf("the kernel does not say how much memory the process %d takes", pid)
	}
	kilobytes, err := strconv.Atoi(fields[0])
	return kilobytes << 10, err
}

// cpuTime returns what a process has used: by its threads to the nanosecond, where the kernel counts that, and otherwise in ticks of
// 10 ms. A thread that has ended is not counted by the first; those of a Go program do not end.
func cpuTime(pid int) (time.Duration, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(threads) == 0 {
		return ticks(pid)
	}
	var total time.Duration
	for _, path := range threads {
		text, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("reading the CPU time: %w", err)
		}
		used, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(used, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading the CPU time: %w", err)
		}
		total += time.Duration(n)
	}
	return total, nil
}

func ticks(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the CPU time: %w", err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("reading the CPU time: %q", text)
	}
	return time.Duration(user+system) * 10 * time.Millisecond, nil
}
