package server_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/basalt-dev/basalt/server/offline"
	"github.com/basalt-dev/basalt/server/servertest"
)

// TestBackups_InABucket: a running server makes them in S3, says when that fails and tries again, forgets old ones, and a
// machine that has nothing but the configuration comes back from the newest.
func TestBackups_InABucket(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	backend := s3mem.New()
	if err := backend.CreateBucket("safe"); err != nil {
		t.Fatal(err)
	}
	var away atomic.Bool
	inner := gofakes3.New(backend).Server()
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			http.Error(w, "away", http.StatusForbidden)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(fake.Close)
	config := strings.Replace(keptConfig, `backups: { to: kept, schedule: "0 3 * * *", keep: 3d }`,
		fmt.Sprintf(`backups: { to: "s3://safe/app", schedule: "0 3 * * *", keep: 3d, endpoint: %q, region: us-east-1, key: k, secret: the-secret-key, path_style: true }`, fake.URL), 1)
	config = strings.Replace(config, "level: error", "level: info", 1)
	names := func() (out []string) {
		list, err := backend.ListBucket("safe", &gofakes3.Prefix{}, gofakes3.ListBucketPage{})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list.Contents {
			if strings.HasSuffix(o.Key, ".tar") {
				out = append(out, o.Key)
			}
		}
		return out
	}
	var hours atomic.Int64
	begin := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	path := servertest.Write(t, config)
	s := servertest.StartFileNow(t, path, func() time.Time { return begin.Add(time.Duration(hours.Load()) * time.Hour) })
	metrics := func(want string) {
		t.Helper()
		if text := s.Want(t, 200, call{Method: "GET", Path: "/metrics"}).Body; !strings.Contains(text, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	s.Backup()
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: `{"id":"first","text":"x"}`})
	s.Want(t, 201, call{Method: "PUT", Path: "/v1/files/papers?path=a.txt", Body: strings.Repeat("a", 100_000), Header: map[string]string{"Content-Type": "text/plain"}})
	hours.Store(4)
	s.Backup()
	away.Store(true)
	hours.Store(28)
	s.Backup()
	metrics(`basalt_backups_total{outcome="failed"} 1`)
	metrics("basalt_backup_age_seconds 90000") // it goes on growing, which is what an alarm is for
	s.Want(t, 201, call{Method: "POST", Path: "/v1/db/notes", Body: `{"id":"second","text":"x"}`})
	away.Store(false)
	hours.Store(29)
	s.Backup()
	metrics("basalt_backup_age_seconds 7200")
	if got := names(); len(got) != 2 || got[0] != "app/basalt-20260301T030000Z.tar" || got[1] != "app/basalt-20260302T030000Z.tar" {
		t.Errorf("there is %v", got)
	}
	hours.Store(24*4 + 4)
	s.Backup()
	if got := names(); len(got) != 2 || got[0] != "app/basalt-20260302T030000Z.tar" {
		t.Errorf("after four days there is %v", got)
	}
	s.Stop()
	if strings.Contains(s.Log(), "the-secret-key") || !strings.Contains(s.Log(), "a backup has failed") {
		t.Errorf("the log is %s", s.Log())
	}
	to := servertest.Write(t, config)
	if k, err := offline.RestoreKept(ctx, to, "s3://safe/app", "", false); err != nil || k.Name != "basalt-20260305T030000Z.tar" {
		t.Fatalf("restoring: %+v %v", k, err)
	}
	r := servertest.StartFile(t, to)
	r.Want(t, 200, call{Method: "GET", Path: "/v1/db/notes/second"})
	if a := r.Want(t, 200, call{Method: "GET", Path: "/v1/files/papers?path=a.txt"}); len(a.Body) != 100_000 {
		t.Errorf("the file has %d bytes", len(a.Body))
	}
	r.Stop()
	// A bucket that is not there, and a name that is none.
	for _, place := range []string{"s3://nothing/app", "s3://safe/elsewhere"} {
		if _, err := offline.RestoreKept(ctx, servertest.Write(t, config), place, "", false); err == nil || strings.Contains(err.Error(), "the-secret-key") {
			t.Errorf("%s: %v", place, err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".basalt-*")); err != nil || len(left) > 0 {
		t.Errorf("what was needed for a moment is left: %v %v", left, err)
	}
}
