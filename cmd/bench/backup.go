package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/valyala/fasthttp"

	"github.com/basalt-dev/basalt/server/offline"
)

// writesPerSecond is the load of measureBackup.
const writesPerSecond = 2000

// measureBackup says how long writes take while a database of --backup MB is idle otherwise, while it is backed up, and
// while each commit of it is copied.
func measureBackup(o options) (err error) {
	dir, err := os.MkdirTemp("", "basalt-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for _, role := range []string{"basalt", "copied"} {
		if err := measureBackupOf(o, role, filepath.Join(dir, role)); err != nil {
			return err
		}
	}
	return nil
}

func measureBackupOf(o options, role, dir string) (err error) {
	ctx := context.Background()
	t, err := startTarget(o, role, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.stop()) }()
	database, configuration := filepath.Join(dir, "data", "bench.db"), filepath.Join(dir, "basalt.yaml")
	fmt.Printf("%s: storing %d MB\n", role, o.Backup)
	if err := ballast(database, o.Backup); err != nil {
		return err
	}
	if role == "copied" {
		if err := writesDuring(o, t, "copied", func() error { time.Sleep(10 * o.Duration); return nil }); err != nil {
			return err
		}
		acknowledged := time.Now()
		var restored []offline.RestoredAt
		for { // until the last of them is copied
			restored, err = offline.RestoreAt(ctx, emptied(dir), filepath.Join(dir, "copies"), time.Now(), "", true)
			if err != nil || restored[0].At.After(acknowledged.Add(-time.Second)) || time.Since(acknowledged) > time.Minute {
				break
			}
		}
		if err != nil {
			return err
		}
		o.report("restore.at.size", "MB", float64(restored[0].Size)/1e6)
		o.report("restore.at.behind", "ms", float64(acknowledged.Sub(restored[0].At).Milliseconds()))
		return nil
	}
	if err := writesDuring(o, t, "alone", func() error { time.Sleep(10 * o.Duration); return nil }); err != nil {
		return err
	}
	file := filepath.Join(dir, "backup.tar")
	if err := writesDuring(o, t, "backup", func() error {
		_, err := offline.Backup(ctx, configuration, file, nil, nil)
		return err
	}); err != nil {
		return err
	}
	start := time.Now()
	m, err := offline.Restore(ctx, emptied(dir), file, true)
	if err != nil {
		return err
	}
	o.report("restore.size", "MB", float64(m.Databases[0].Size)/1e6)
	o.report("restore.time", "s", time.Since(start).Seconds())
	return nil
}

// emptied returns a configuration like that of a server, in a directory without data.
func emptied(dir string) string {
	path := filepath.Join(dir, "restored", "basalt.yaml")
	content, err := os.ReadFile(filepath.Join(dir, "basalt.yaml"))
	if err == nil {
		err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o600))
	}
	if err != nil {
		panic(err) // impossible: the directory is ours
	}
	return path
}

// ballast makes a database larger, by a table that is in the way of none.
func ballast(path string, megabytes int) error {
	c, err := sqlite3.Open("file:" + path)
	if err != nil {
		return err
	}
	err = c.Exec(setup + "CREATE TABLE IF NOT EXISTS ballast (v BLOB)")
	for n := 0; n < megabytes && err == nil; n++ {
		err = c.Exec("INSERT INTO ballast WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 250) SELECT randomblob(4000) FROM n")
	}
	return errors.Join(err, c.Close())
}

// writesDuring sends writes at a fixed rate while f runs, and reports how long they take: from when each was due, so that
// one that waits makes those behind it late, too.
func writesDuring(o options, t *target, name string, f func() error) error {
	client := &fasthttp.Client{MaxConnsPerHost: o.Connections, ReadTimeout: time.Minute}
	defer client.CloseIdleConnections()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	interval := time.Second * time.Duration(o.Connections) / writesPerSecond
	took := make([][]time.Duration, o.Connections)
	failures := make([]error, o.Connections)
	var workers sync.WaitGroup
	start := time.Now()
	for n := range o.Connections {
		workers.Go(func() {
			req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			defer fasthttp.ReleaseRequest(req)
			defer fasthttp.ReleaseResponse(resp)
			for i := 0; ctx.Err() == nil; i++ {
				due := start.Add(interval*time.Duration(i) + interval*time.Duration(n)/time.Duration(o.Connections))
				time.Sleep(time.Until(due))
				req.Reset()
				req.Header.Set("Authorization", "Bearer "+tokenOf(n))
				req.Header.SetContentType("application/json")
				workloads[2].build(req, t.url, n%owners, i, o.Documents)
				err := client.Do(req, resp)
				if err == nil && resp.StatusCode() != workloads[2].status {
					err = fmt.Errorf("status %d: %s", resp.StatusCode(), resp.Body())
				}
				if err != nil {
					failures[n] = err
					return
				}
				took[n] = append(took[n], time.Since(due))
			}
		})
	}
	err := f()
	lasted := time.Since(start)
	stop()
	workers.Wait()
	all := slices.Concat(took...)
	if err = errors.Join(err, errors.Join(failures...)); err != nil || len(all) == 0 {
		return err
	}
	slices.Sort(all)
	o.report(name+".time", "s", lasted.Seconds())
	o.report(name+".writes", "writes/s", float64(len(all))/lasted.Seconds())
	for _, p := range []struct {
		name string
		of   float64
	}{{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"most", 1}} {
		at := all[min(len(all)-1, int(float64(len(all))*p.of))]
		o.report(name+"."+p.name, "ms", float64(at.Microseconds())/1000)
	}
	return nil
}
