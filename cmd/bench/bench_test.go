package main

import (
	"encoding/xml"
	"path/filepath"
	"strings"
	"testing"
)

func TestNeedOf(t *testing.T) {
	t.Parallel()
	d := demand{connections: 1_000_000, requests: 1_000, writes: 0.5, deliveries: 2}
	c := costs{read: 100, write: 300, feed: 40, delivery: 10, databaseRead: 10, databaseWrite: 500, kept: 1_000}
	for _, test := range []struct {
		nodes, shards int
		want          need
	}{
		{1, 1, need{requests: 0.2, deliveries: 0.01, memory: 1, database: 0.255}},
		{2, 1, need{requests: 0.1, feed: 0.01, deliveries: 0.005, memory: 0.5, database: 0.255}},
		{100, 1, need{requests: 0.002, feed: 0.0198, deliveries: 0.0001, memory: 0.01, database: 0.255}},
		{100, 10, need{requests: 0.002, feed: 0.00198, deliveries: 0.0001, memory: 0.01, database: 0.255}},
	} {
		got := needOf(d, c, test.nodes, test.shards)
		for name, pair := range map[string][2]float64{
			"requests": {got.requests, test.want.requests}, "feed": {got.feed, test.want.feed}, "deliveries": {got.deliveries, test.want.deliveries},
			"memory": {got.memory, test.want.memory}, "database": {got.database, test.want.database},
		} {
			if diff := pair[0] - pair[1]; diff > 1e-9 || diff < -1e-9 {
				t.Errorf("%d nodes, %d parts: %s %v, want %v", test.nodes, test.shards, name, pair[0], pair[1])
			}
		}
	}
	if n := most(d, c); n != 10 {
		t.Errorf("hearing of changes takes as much as all else from %d nodes on", n)
	}
}

func TestRatios_AreWorseOnlyIfBothAre(t *testing.T) {
	t.Parallel()
	known := ratios{median: 1, least: 1}
	for r, want := range map[ratios]bool{{1.1, 1.1}: true, {1.5, 1.1}: true, {1.1, 1.5}: true, {1.2, 1.2}: false} {
		if r.within(known) != want {
			t.Errorf("%v is within: %v", r, !want)
		}
	}
}

func TestReport_IsReadAgain(t *testing.T) {
	t.Parallel()
	o := options{kept: &report{}}
	o.keep("get.cpu.ratio", "", 1.25)
	o.keep("get.cpu.ratio.least", "", 1.5)
	o.keep("list-20.cpu.ratio", "", 2) // without the other
	path := filepath.Join(t.TempDir(), "report.json")
	if err := o.kept.write(path); err != nil {
		t.Fatal(err)
	}
	got, err := read(path)
	if err != nil || len(got) != 1 || got["get"] != (ratios{1.25, 1.5}) {
		t.Errorf("%v, %v", got, err)
	}
	if drawn := string(o.kept.draw()); strings.Count(drawn, ">2.00</text>") != 1 || strings.Contains(drawn, "1.50") || xml.Unmarshal([]byte(drawn), new(struct{})) != nil {
		t.Errorf("drawn is %s", drawn)
	}
	if err := (&report{}).write(path); err != nil {
		t.Fatal(err)
	}
	if _, err := read(path); err == nil {
		t.Error("a report without ratios is read")
	}
}
