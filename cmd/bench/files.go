package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	// uploadsAtOnce is how many files measureFiles sends at the same time.
	uploadsAtOnce = 10
	// readers is how many downloads are under way at the same time.
	readers = 8
)

const filesConfig = `
databases: { main: { driver: sqlite, url: "file:data/bench.db" } }
log: { level: error }
collections:
  media:
    files: { max: 20GiB }
    rules: { read: 'true', create: 'true', delete: 'true' }
  cached:
    cache: { ttl: 1h }
    files: {}
    rules: { read: 'true', create: 'true', delete: 'true' }
`

// measureFiles says what memory a node takes while files of --files MB are sent at once, and how fast it sends files beside a
// bare SendFile of fasthttp.
func measureFiles(o options) error {
	return onIdle(o, "files", "files.idle", func(t *target, dir string, _ int) error { return measureFilesOn(o, t, dir) })
}

func measureFilesOn(o options, t *target, dir string) (err error) {
	size := int64(o.Files) * 1e6
	for _, way := range []struct {
		name string
		send func(t *target, n int, size int64) (string, error)
	}{{"whole", sendWhole}, {"tus", sendInPieces}} {
		if err := measureUploads(o, t, way.name, size, way.send); err != nil {
			return err
		}
	}
	bare, err := startTarget(o, "sendfile", filepath.Join(dir, "sendfile"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.stop()) }()
	for _, kilobytes := range []int64{16, 256, 4096, 65536} {
		for _, collection := range []string{"media", "cached"} {
			if err := measureDownloads(o, t, bare, filepath.Join(dir, "sendfile"), collection, kilobytes<<10); err != nil {
				return err
			}
		}
	}
	return nil
}

// bytesOf is a file of some size, other than those of other numbers.
func bytesOf(n int, size int64) io.Reader {
	block := bytes.Repeat([]byte(fmt.Sprintf("%06d and what is in the file of this number, again and again. ", n)), 1<<14)
	return io.LimitReader(&repeated{block: block}, size)
}

type repeated struct {
	block []byte
	at    int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.block[r.at:])
	r.at = (r.at + n) % len(r.block)
	return n, nil
}

// sent sends a request, and returns its answer when it has a status.
func sent(method, url string, body io.Reader, size int64, status int, header ...string) (http.Header, []byte, error) {
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		return nil, nil, err
	}
	req.ContentLength = size
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != status {
		err = fmt.Errorf("%s %s: %d %s", method, url, resp.StatusCode, answer)
	}
	return resp.Header, answer, err
}

func sendWhole(t *target, n int, size int64) (string, error) { return sendTo(t, "media", n, size) }

func sendTo(t *target, collection string, n int, size int64) (string, error) {
	_, answer, err := sent(http.MethodPost, t.url+"/v1/files/"+collection, bytesOf(n, size), size, http.StatusCreated, "Content-Type", "application/octet-stream")
	if err != nil {
		return "", err
	}
	var doc struct{ ID string }
	return doc.ID, json.Unmarshal(answer, &doc)
}

func sendInPieces(t *target, n int, size int64) (string, error) {
	begun, _, err := sent(http.MethodPost, t.url+"/v1/files/media/tus", nil, 0, http.StatusCreated, "Tus-Resumable", "1.0.0", "Upload-Length", fmt.Sprint(size))
	if err != nil {
		return "", err
	}
	from := bytesOf(n, size)
	for offset := int64(0); ; {
		piece := min(size-offset, 50e6)
		answer, _, err := sent(http.MethodPatch, t.url+begun.Get("Location"), io.LimitReader(from, piece), piece, http.StatusNoContent,
			"Tus-Resumable", "1.0.0", "Upload-Offset", fmt.Sprint(offset), "Content-Type", "application/offset+octet-stream")
		if err != nil {
			return "", err
		}
		if offset += piece; offset == size {
			return answer.Get("X-Basalt-Document"), nil
		}
	}
}

func measureUploads(o options, t *target, name string, size int64, send func(t *target, n int, size int64) (string, error)) error {
	ids := make([]string, uploadsAtOnce)
	start := time.Now()
	most, err := t.mostDuring(func() error {
		failures := make([]error, uploadsAtOnce)
		var sending sync.WaitGroup
		for n := range uploadsAtOnce {
			sending.Go(func() { ids[n], failures[n] = send(t, n, size) })
		}
		sending.Wait()
		return errors.Join(failures...)
	})
	if err != nil {
		return err
	}
	o.report("files."+name+".most", "MB", float64(most)/1e6)
	o.report("files."+name+".speed", "MB/s", float64(size)*uploadsAtOnce/1e6/time.Since(start).Seconds())
	for _, id := range ids {
		if _, _, err := sent(http.MethodDelete, t.url+"/v1/files/media/"+id, nil, 0, http.StatusNoContent); err != nil {
			return err
		}
	}
	return nil
}

// measureDownloads reads one file from a node and from a bare server, in turns.
func measureDownloads(o options, t, bare *target, dir, collection string, size int64) error {
	id, err := sendTo(t, collection, 1, size)
	if err != nil {
		return err
	}
	content, err := io.ReadAll(bytesOf(1, size))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, fmt.Sprint(size)), content, 0o600) // a new one: it keeps files open
	}
	if err != nil {
		return err
	}
	var speeds, ratios, costs []float64
	for range o.Rounds {
		var speed, cost [2]float64
		for i, of := range []struct {
			*target
			url string
		}{{bare, fmt.Sprintf("%s/%d", bare.url, size)}, {t, t.url + "/v1/files/" + collection + "/" + id}} {
			before, err := cpuTime(of.process.Process.Pid)
			if err != nil {
				return err
			}
			start := time.Now()
			if speed[i], err = readFor(of.url, size, o.Duration); err != nil {
				return err
			}
			after, err := cpuTime(of.process.Process.Pid)
			if err != nil {
				return err
			}
			cost[i] = float64(after-before) / (speed[i] * time.Since(start).Seconds())
		}
		speeds, ratios, costs = append(speeds, speed[1]), append(ratios, speed[1]/speed[0]), append(costs, cost[1]/cost[0])
	}
	name := fmt.Sprintf("files.read.%s.%dkB", collection, size>>10)
	for what, all := range map[string][]float64{"": speeds, ".ratio": ratios, ".cpu.ratio": costs} {
		slices.Sort(all)
		o.report(name+what, map[bool]string{true: "MB/s", false: "of SendFile"}[what == ""], all[len(all)/2])
	}
	return nil
}

// readFor reads an address for some time, and returns how many MB there were in a second.
func readFor(url string, size int64, lasts time.Duration) (float64, error) {
	ctx, stop := context.WithTimeout(context.Background(), lasts)
	defer stop()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: readers, DisableCompression: true, ReadBufferSize: 64 << 10}}
	defer client.CloseIdleConnections()
	var total atomic.Int64
	failures := make([]error, readers)
	var reading sync.WaitGroup
	start := time.Now()
	for n := range readers {
		reading.Go(func() {
			buffer := make([]byte, 256<<10)
			for ctx.Err() == nil {
				resp, err := client.Get(url)
				if err != nil {
					failures[n] = err
					return
				}
				got, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, resp.Body, buffer)
				err = errors.Join(err, resp.Body.Close())
				if err == nil && (got != size || resp.StatusCode != http.StatusOK) {
					err = fmt.Errorf("%s: %d, %d bytes of %d", url, resp.StatusCode, got, size)
				}
				if err != nil {
					failures[n] = err
					return
				}
				total.Add(got)
			}
		})
	}
	reading.Wait()
	return float64(total.Load()) / 1e6 / time.Since(start).Seconds(), errors.Join(failures...)
}

// serveFile is a bare server that sends the files of a directory, until its context ends.
func serveFile(ctx context.Context, dir string, listener net.Listener) error {
	s := &fasthttp.Server{Handler: func(c *fasthttp.RequestCtx) { c.SendFile(filepath.Join(dir, strings.Trim(string(c.Path()), "/"))) }}
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		return errors.Join(s.Shutdown(), <-served)
	}
}
