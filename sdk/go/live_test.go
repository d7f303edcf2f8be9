package basalt_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	basalt "github.com/basalt-dev/basalt/sdk/go"
)

// TestSnapshots_AreShownBeforeTheClientWaits: a snapshot that arrives in one piece with something else, which is not a
// state of the query, does not wait for the next change.
func TestSnapshots_AreShownBeforeTheClientWaits(t *testing.T) {
	t.Parallel()
	text := func(message string) ws.Frame { return ws.NewTextFrame([]byte(message)) }
	snapshot := `{"id":"live","event":"snapshot","items":[],"keys":[],"resume":"1"}`
	for name, frames := range map[string][]ws.Frame{
		"alone":                           {text(snapshot)},
		"with a ping":                     {text(snapshot), ws.NewPingFrame(nil)},
		"with the answer to a token":      {text(snapshot), text(`{"id":"auth","event":"authenticated"}`)},
		"with the beginning of a step":    {text(snapshot), text(`{"id":"live","event":"change","type":"removed","key":"a","more":true}`)},
		"in two messages, with its total": {text(snapshot[:len(snapshot)-1] + `,"more":true}`), text(`{"id":"live","event":"total","total":0}`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				conn, _, _, err := ws.HTTPUpgrader{Protocol: func(string) bool { return true }}.Upgrade(r, w)
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				var all bytes.Buffer
				for _, f := range frames {
					if err := ws.WriteFrame(&all, f); err != nil {
						t.Error(err)
					}
				}
				if _, err := wsutil.ReadClientText(conn); err != nil { // the subscription
					t.Error(err)
				}
				if _, err := conn.Write(all.Bytes()); err != nil {
					t.Error(err)
				}
				for { // until the client goes
					if _, err := wsutil.ReadClientText(conn); err != nil {
						return
					}
				}
			}))
			t.Cleanup(s.Close)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for got, err := range basalt.Collection[Todo](basalt.New(s.URL), "todos").Snapshots(ctx) {
				if err != nil || len(got.Items) > 0 {
					t.Errorf("got %+v %v", got, err)
				}
				break
			}
		})
	}
}
