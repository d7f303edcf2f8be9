package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/basalt-dev/basalt/modules/files/s3"
	"github.com/basalt-dev/basalt/modules/files/storage"
	"github.com/basalt-dev/basalt/modules/files/storagetest"
	"github.com/basalt-dev/basalt/server/servertest"
)

// TestFiles_RandomOperationsWithCrashes: whatever happens to a node and to its storage, each document is whole, nothing that
// was answered is lost, and after a repair the storage has exactly the bytes of the documents. BASALT_LONG makes a thousand
// operations, with a real S3 server where there is one: versitygw, on the path or as BASALT_VERSITYGW.
func TestFiles_RandomOperationsWithCrashes(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	operations, kills := 60, 2
	if os.Getenv("BASALT_LONG") != "" {
		operations, kills = 1000, 25
	}
	t.Run("local", func(t *testing.T) {
		t.Parallel()
		config := servertest.Write(t, filesConfig)
		want := randomly(t, config, seed, operations, kills, func(float64) {})
		repair(t, config)
		stored := map[string]int64{}
		_, names := storedBytes(t, config)
		for _, name := range names {
			info, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, key, _ := strings.Cut(filepath.ToSlash(name), "/data/files/"); !strings.HasPrefix(key, ".") { // its own, which go in a while
				stored[key] = info.Size()
			}
		}
		if !maps.Equal(stored, want) {
			t.Errorf("stored are %v, and documents have %v", stored, want)
		}
	})
	t.Run("s3", func(t *testing.T) {
		t.Parallel()
		server, c := s3Server(t)
		faults := storagetest.NewFaults(server, seed)
		before := httptest.NewServer(faults)
		t.Cleanup(before.Close)
		c.Endpoint = before.URL
		config := servertest.Write(t, s3Config(c)+filesConfig)
		want := randomly(t, config, seed, operations, kills, faults.Rate)
		t.Logf("faults: %s", faults.Seen())
		repair(t, config)
		stored := bucketOf(t, c)
		if !maps.Equal(stored, want) {
			t.Errorf("stored are %v, and documents have %v", stored, want)
		}
	})
}

// s3Config is the storage of a configuration.
func s3Config(c storage.Config) string {
	return fmt.Sprintf("storage: { media: { driver: s3, endpoint: %q, bucket: %s, region: %s, key: %q, secret: %q, path_style: true } }\n", c.Endpoint, c.Bucket, c.Region, c.Key, c.Secret)
}

// bucketOf returns the size of all that is in a bucket, where nothing may be unfinished.
func bucketOf(t *testing.T, c storage.Config) map[string]int64 {
	t.Helper()
	bucket, err := s3.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string]int64{}
	err = bucket.List(t.Context(), "", func(o storage.Object) error {
		stored[o.Key] = o.Size
		return nil
	})
	if err == nil {
		err = bucket.ListUnfinished(t.Context(), func(o storage.Object) error {
			t.Errorf("%s was never finished, and takes space", o.Key)
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// repair removes what no document has, of a node that has stopped.
func repair(t *testing.T, config string) {
	t.Helper()
	out, err := exec.Command(servertest.Binary(t), "files", "check", "--repair", "--grace", "0s", "--config", config).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}

// s3Server starts an S3 server with the bucket media: versitygw in the long mode, and one in memory otherwise.
func s3Server(t *testing.T) (http.Handler, storage.Config) {
	t.Helper()
	c := storage.Config{Bucket: "media", Region: "us-east-1", Key: "access", Secret: "a secret of the test", PathStyle: true}
	program, err := exec.LookPath(cmp.Or(os.Getenv("BASALT_VERSITYGW"), "versitygw"))
	if os.Getenv("BASALT_LONG") == "" || err != nil {
		backend := s3mem.New()
		if err := backend.CreateBucket("media"); err != nil {
			t.Fatal(err)
		}
		return gofakes3.New(backend).Server(), c
	}
	dir, address := t.TempDir(), servertest.FreeAddress(t)
	for _, name := range []string{"buckets/media", "about"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "--access", c.Key, "--secret", c.Secret, "--port", address, "--quiet", "posix", "--sidecar", filepath.Join(dir, "about"), filepath.Join(dir, "buckets"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be over already
		_ = cmd.Wait()         // it was killed
	})
	servertest.Eventually(t, "versitygw listens", func() bool {
		resp, err := http.Get("http://" + address)
		if err == nil {
			_ = resp.Body.Close() // nothing of it was read
		}
		return err == nil
	})
	t.Logf("the storage is %s", program)
	target := &url.URL{Scheme: "http", Host: address}
	// Of a request that is cut off, the other side is cut off, too.
	silent := func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }, ErrorHandler: silent}, c
}

// uploader is one of those who do things at once. Each has documents of its own.
type uploader struct {
	t       *testing.T
	url     string
	rand    *rand.Rand
	pool    [][]byte
	certain map[string]string // the hash of each document whose last change was answered
	gone    map[string]bool   // documents whose deletion was answered
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// send makes a call, and returns its answer; 0 for none. One that is neither right nor a refusal that comes and goes is wrong.
func (u *uploader) send(method, path string, body []byte, header ...string) (status int, text string, answer http.Header) {
	req, err := http.NewRequest(method, u.url+path, bytes.NewReader(body))
	if err != nil {
		u.t.Error(err)
		return 0, "", nil
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", nil
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, "", nil
	}
	if resp.StatusCode >= 400 && resp.StatusCode != 503 && resp.StatusCode != 404 && resp.StatusCode != 409 && resp.StatusCode != 423 {
		u.t.Errorf("%s %s: %d %s", method, path, resp.StatusCode, content)
	}
	return resp.StatusCode, string(content), resp.Header
}

func (u *uploader) some() []byte { return u.pool[u.rand.IntN(len(u.pool))] }

// one returns a document of those that are certain.
func (u *uploader) one() (id string) {
	n := u.rand.IntN(max(len(u.certain), 1))
	for id = range u.certain {
		if n--; n < 0 {
			break
		}
	}
	return id
}

func (u *uploader) act() {
	content, id := u.some(), u.one()
	made := func(status int, text string) {
		var doc struct{ ID, SHA256 string }
		if status != http.StatusCreated {
			return
		}
		if err := json.Unmarshal([]byte(text), &doc); err != nil || doc.SHA256 != sumOf(content) {
			u.t.Errorf("%v: %s", err, text)
		}
		u.certain[doc.ID] = doc.SHA256
	}
	switch kind := u.rand.IntN(10); {
	case kind < 4 || id == "":
		status, text, _ := u.send(http.MethodPost, "/v1/files/media?name=f", content)
		made(status, text)
	case kind < 6:
		before := u.certain[id]
		delete(u.certain, id)
		status, _, _ := u.send(http.MethodPut, "/v1/files/media/"+id, content)
		if status == http.StatusOK {
			u.certain[id] = sumOf(content)
		} else if status == http.StatusNotFound {
			u.t.Errorf("%s with %s is gone", id, before)
		}
	case kind < 8:
		delete(u.certain, id)
		if status, _, _ := u.send(http.MethodDelete, "/v1/files/media/"+id, nil); status == http.StatusNoContent {
			u.gone[id] = true
		}
	case kind < 9: // in pieces, of which the last may not come
		tus := []string{"Tus-Resumable", "1.0.0", "Upload-Length", fmt.Sprint(len(content))}
		status, _, answer := u.send(http.MethodPost, "/v1/files/media/tus", nil, append(tus, "Content-Type", "")...)
		if status != http.StatusCreated {
			return
		}
		at := answer.Get("Location")
		for _, half := range [][2]int{{0, len(content) / 2}, {len(content) / 2, len(content)}}[:1+u.rand.IntN(2)] {
			_, _, answer = u.send(http.MethodPatch, at, content[half[0]:half[1]], "Tus-Resumable", "1.0.0", "Upload-Offset", fmt.Sprint(half[0]), "Content-Type", "application/offset+octet-stream")
		}
		if id := answer.Get("X-Basalt-Document"); id != "" {
			u.certain[id] = sumOf(content)
		}
	default:
		status, text, _ := u.send(http.MethodGet, "/v1/files/media/"+id, nil)
		if status == http.StatusOK && sumOf([]byte(text)) != u.certain[id] {
			u.t.Errorf("%s has %d bytes of something else", id, len(text))
		}
	}
}

// randomly makes operations, kills the node meanwhile, and checks in the end what was answered. faults sets which share of
// the requests to the storage fails. It returns the key and the size of what documents have.
func randomly(t *testing.T, config string, seed uint64, operations, kills int, faults func(share float64)) map[string]int64 {
	t.Helper()
	t.Logf("seed %d", seed)
	address := servertest.FreeAddress(t)
	p := servertest.StartProcessAt(t, address, config)
	pool := [][]byte{nil, bytes.Repeat([]byte("large "), 1<<20), bytes.Repeat([]byte("larger"), 1<<20+1)} // in parts, in S3
	for i := range 20 {
		pool = append(pool, bytes.Repeat([]byte{byte(i)}, 1+i*1000))
	}
	const people = 4
	all := make([]*uploader, people)
	var made atomic.Int64
	var up sync.RWMutex // held while there is no node
	aNode := func() {   // waits for one, and keeps none from being killed
		up.RLock()
		defer up.RUnlock()
	}
	var working sync.WaitGroup
	enough := make(chan struct{}, operations) // one for each operation that has ended
	faults(0.08)
	for i := range all {
		all[i] = &uploader{t: t, url: p.URL, rand: rand.New(rand.NewPCG(seed, uint64(i))), pool: pool, certain: map[string]string{}, gone: map[string]bool{}}
		working.Go(func() {
			for made.Add(1) <= int64(operations) {
				aNode()
				all[i].act()
				enough <- struct{}{}
			}
		})
	}
	ended := make(chan struct{})
	go func() {
		working.Wait()
		close(ended)
	}()
	for n, more := 0, true; more; {
		select {
		case <-enough:
			if n++; n%(operations/(kills+1)) == 0 && kills > 0 {
				up.Lock() // what is under way is cut off, and nothing else is begun
				p.Kill()
				p = servertest.StartProcessAt(t, address, config)
				up.Unlock()
			}
		case <-ended:
			more = false
		}
	}
	faults(0)
	var list struct {
		Items []struct{ ID, SHA256 string }
		Next  string
	}
	there := map[string]string{}
	for path := "/v1/db/media?limit=100"; ; path = "/v1/db/media?limit=100&after=" + url.QueryEscape(list.Next) {
		list.Next = ""
		_, text, _ := all[0].send(http.MethodGet, path, nil)
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		for _, doc := range list.Items {
			there[doc.ID] = doc.SHA256
		}
		if list.Next == "" {
			break
		}
	}
	for id, sum := range there { // no hole
		if status, text, _ := all[0].send(http.MethodGet, "/v1/files/media/"+id, nil); status != 200 || sumOf([]byte(text)) != sum {
			t.Errorf("%s: %d, with %d bytes that are not those of %s", id, status, len(text), sum)
		}
	}
	answered := 0
	for _, u := range all {
		answered += len(u.certain) + len(u.gone)
		for id, sum := range u.certain {
			if there[id] != sum {
				t.Errorf("%s was answered to have %s, and has %q", id, sum, there[id])
			}
		}
		for id := range u.gone {
			if there[id] != "" {
				t.Errorf("%s was answered to be gone, and is there", id)
			}
		}
	}
	if answered < operations/5 || len(there) == 0 {
		t.Errorf("only %d operations were answered, and %d documents are there", answered, len(there))
	}
	p.Stop()
	want := map[string]int64{} // the same bytes once
	for _, content := range pool {
		for _, sum := range there {
			if sum == sumOf(content) {
				want["content/media/"+sum[:2]+"/"+sum[2:4]+"/"+sum] = int64(len(content))
			}
		}
	}
	return want
}
