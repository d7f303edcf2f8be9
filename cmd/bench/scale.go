package main

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
)

// demand is what clients ask of all nodes together.
type demand struct {
	connections int     // live connections
	requests    float64 // a second
	writes      float64 // part of the requests
	deliveries  float64 // messages that one write sends to live connections
}

// costs are what one of each takes: CPU in µs, memory in bytes.
type costs struct {
	read, write, feed, delivery       float64 // of a node; feed is what each other node takes to hear of a change
	databaseRead, databaseWrite, kept float64 // of the database, and kept is the memory of a live connection
}

// need is what a number of nodes need each, and the database.
type need struct {
	requests, feed, deliveries float64 // cores of each node
	memory                     float64 // GB of each node for live connections
	database                   float64 // cores
}

func (n need) node() float64 { return n.requests + n.feed + n.deliveries }

// needOf computes what demand takes on so many nodes. Requests, connections and deliveries are spread over them. Each change reaches
// every node: that part does not become less with more nodes. shards is in how many parts the feed is cut, where a node hears
// only those that its live queries are about: 1 for the feed as it is.
func needOf(d demand, c costs, nodes, shards int) need {
	const second = 1e6 // µs
	writes := d.requests * d.writes
	each := float64(nodes)
	return need{
		requests:   ((d.requests-writes)*c.read + writes*c.write) / each / second,
		feed:       writes * (1 - 1/each) * c.feed / float64(shards) / second,
		deliveries: writes * d.deliveries * c.delivery / each / second,
		memory:     float64(d.connections) * c.kept / each / 1e9,
		database:   ((d.requests-writes)*c.databaseRead + writes*c.databaseWrite) / second,
	}
}

// most returns at which part of the nodes more of them stop helping: where hearing of changes takes a node as much as all else.
func most(d demand, c costs) int {
	one := needOf(d, c, 1, 1)
	feed := d.requests * d.writes * c.feed / 1e6
	if feed == 0 {
		return math.MaxInt
	}
	return max(1, int((one.requests+one.deliveries)/feed))
}

// Costs that measureScale does not measure itself: those of --live and --memory.
const (
	deliveryCost   = 10    // CPU-µs
	connectionCost = 8_500 // bytes
)

// scaleNodes are how many nodes measureScale starts.
const scaleNodes = 3

// measureScale measures what a request costs a node, the other nodes and the database, compares what the model says of three
// nodes with what they take, and computes what more need.
func measureScale(o options, dir string) (err error) {
	var nodes []*target
	defer func() {
		for _, t := range nodes {
			err = errors.Join(err, t.stop())
		}
	}()
	for i := range scaleNodes {
		t, err := startTarget(o, "cached", filepath.Join(dir, "node"+strconv.Itoa(i)))
		if err != nil {
			return err
		}
		nodes = append(nodes, t)
	}
	read, update := workloads[1], workloads[3]
	reads, err := o.spread(dir, nodes[:1], nodes, read)
	if err != nil {
		return err
	}
	alone, err := o.spread(dir, nodes[:1], nodes, update)
	if err != nil {
		return err
	}
	shared, err := o.spread(dir, nodes, nodes, update)
	if err != nil {
		return err
	}
	c := costs{read: reads.node, write: alone.node, feed: alone.others / (scaleNodes - 1), delivery: deliveryCost,
		databaseRead: reads.database, databaseWrite: alone.database, kept: connectionCost}
	o.report("read, node", "CPU-µs", c.read)
	o.report("read, database", "CPU-µs", c.databaseRead)
	o.report("write, its node", "CPU-µs", c.write)
	o.report("write, each other node", "CPU-µs", c.feed)
	o.report("write, database", "CPU-µs", c.databaseWrite)
	model := needOf(demand{requests: 1, writes: 1}, c, scaleNodes, 1).node() * scaleNodes * 1e6
	o.report("write on three, model", "CPU-µs of all nodes", model)
	o.report("write on three, measured", "CPU-µs of all nodes", shared.node)
	d := demand{connections: 1_000_000, requests: 100_000, writes: 0.1, deliveries: 5}
	fmt.Printf("\n%d live connections, %.0f requests/s of which %.0f %% write, %.0f deliveries a write\n", d.connections, d.requests, d.writes*100, d.deliveries)
	fmt.Println("nodes  cores of each: requests  hearing of changes  deliveries  together   GB of each   cores of the database   with a feed in 16 parts")
	for _, n := range []int{1, 10, 100} {
		whole, parts := needOf(d, c, n, 1), needOf(d, c, n, 16)
		fmt.Printf("%5d %24.2f %19.2f %11.2f %9.2f %12.2f %23.1f %24.2f\n", n, whole.requests, whole.feed, whole.deliveries, whole.node(), whole.memory, whole.database, parts.node())
	}
	fmt.Printf("hearing of changes takes as much as all else from %d nodes on\n", most(d, c))
	return nil
}

// spent is what a request has cost: the nodes that it was sent to, the others together, and the database.
type spent struct{ node, others, database float64 }

// spread measures a workload that is sent to some of the nodes: the round in the middle by what it took in all.
func (o options) spread(dir string, to, all []*target, w workload) (spent, error) {
	others := slices.DeleteFunc(slices.Clone(all), func(t *target) bool { return slices.Contains(to, t) })
	var rounds []spent
	for range o.Rounds {
		otherCPU, err := cpuOf(others)
		if err != nil {
			return spent{}, err
		}
		database, err := databaseCPU(dir)
		if err != nil {
			return spent{}, err
		}
		r, err := onceOn(o, to, w)
		if err != nil {
			return spent{}, err
		}
		otherAfter, err := cpuOf(others)
		if err != nil {
			return spent{}, err
		}
		databaseAfter, err := databaseCPU(dir)
		if err != nil {
			return spent{}, err
		}
		n := float64(r.done)
		rounds = append(rounds, spent{r.cpu, float64((otherAfter - otherCPU).Microseconds()) / n, float64((databaseAfter - database).Microseconds()) / n})
	}
	slices.SortFunc(rounds, func(a, b spent) int {
		return int((a.node + a.others + a.database - b.node - b.others - b.database) * 1000)
	})
	return rounds[len(rounds)/2], nil
}
