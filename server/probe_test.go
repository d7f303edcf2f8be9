package server_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/basalt-dev/basalt/config"
	"github.com/basalt-dev/basalt/server/offline"
)

// TestProbe_SaysWhatScans: on each database, what the rules and the declared lists leave is found by an index, or named.
func TestProbe_SaysWhatScans(t *testing.T) {
	t.Parallel()
	const tables = `CREATE TABLE members (id VARCHAR(40) PRIMARY KEY NOT NULL, team VARCHAR(40) NOT NULL, person VARCHAR(40) NOT NULL);
		CREATE TABLE notes (id VARCHAR(40) PRIMARY KEY NOT NULL, owner VARCHAR(40) NOT NULL, team VARCHAR(40) NOT NULL, n INTEGER NOT NULL, pts INTEGER NOT NULL);
		CREATE TABLE tags (id VARCHAR(40) PRIMARY KEY NOT NULL, name VARCHAR(40) NOT NULL, n INTEGER NOT NULL);`
	const collections = `
collections:
  members: { fields: { team: { type: string }, person: { type: string } }, rules: { read: 'doc.person == auth.id' } }
  notes:
    fields: { owner: { type: string }, team: { type: string }, n: { type: int }, pts: { type: int } }
    queries:
      newest: { sort: -n }
      best: { filter: 'pts > $least && team == $team', sort: pts }
    rules:
      read: 'auth.role == "staff" && doc.n > 5 || doc.owner == auth.id'
      delete: 'exists("members", {"team": doc.team, "person": auth.id})'
  tags: { fields: { name: { type: string }, n: { type: int } }, queries: { all: { sort: n }, one: { filter: 'name == $name', sort: n } }, rules: { read: 'true' } }
  new: { fields: { x: { type: string } }, rules: { read: 'doc.x == auth.id' } }
`
	const indexes = `CREATE INDEX a ON members (person); CREATE INDEX b ON notes (owner); CREATE INDEX c ON notes (owner, n); CREATE INDEX g ON notes (n); CREATE INDEX d ON notes (team, owner, pts); CREATE INDEX e ON tags (n); CREATE INDEX f ON tags (name, n)`
	for name, start := range theirDatabases {
		if name == "mongo" {
			continue // that of the tests is FerretDB, which tells no stages
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings, run := start(t)(t)
			for statement := range strings.SplitSeq(strings.TrimSuffix(tables, ";"), ";") {
				run(statement)
			}
			path := filepath.Join(t.TempDir(), "basalt.yaml")
			fatal(t, os.WriteFile(path, []byte("databases: { main: { "+settings+" } }"+collections), 0o600))
			probed := func() (out []string) {
				c, err := config.Load(path)
				fatal(t, err)
				slow, notes := offline.Probe(context.Background(), path, c)
				for _, s := range slow {
					out = append(out, s.What)
				}
				return append(out, notes...)
			}
			said := strings.Join(probed(), "\n")
			for _, want := range []string{
				`members: the rule read, which leaves doc.person == "sample1", reads all of members; it needs an index there`,
				`notes: the rule read, which leaves doc.owner == "sample1", reads all of notes; it needs an index there`,
				`notes: the rule read, which leaves doc.n > 5 || doc.owner == "sample1", reads all of notes; it needs an index there`,
				`notes: the rule delete, which leaves exists("members": team == doc.team && person == "sample1"), reads all of members; it needs an index there`,
				`notes: the list best `, `doc.owner == "sample1" && doc.pts > 1 && doc.team == "sample1"`, `add to indexes: - { fields: [owner, team, pts] }`,
				`notes: the list newest `, `add to indexes: - { fields: [owner, -n] }`,
				`tags: the list one `, `add to indexes: - { fields: [name, n] }`,
			} {
				if !strings.Contains(said, want) {
					t.Errorf("there is no %q in\n%s", want, said)
				}
			}
			if sorts := strings.Contains(said, "tags: the list all finds all documents where true, and sorts them; add to indexes: - { fields: [n] }"); !sorts && name != "mysql" { // which decides by the size
				t.Errorf("nothing is said of the list all in\n%s", said)
			}
			if strings.Contains(said, "new:") {
				t.Errorf("a table that is not there is asked:\n%s", said)
			}
			for statement := range strings.SplitSeq(indexes, ";") {
				run(statement)
			}
			if diff := cmp.Diff([]string(nil), probed()); diff != "" {
				t.Errorf("with the indexes: %s", diff)
			}
		})
	}
}

// TestProbe_AServerThatTellsNoStages: FerretDB speaks the protocol of MongoDB, and its plans are those of another database.
func TestProbe_AServerThatTellsNoStages(t *testing.T) {
	t.Parallel()
	settings, run := theirDatabases["mongo"](t)(t)
	run(`notes {"_id": "a", "owner": "ann"}`)
	path := filepath.Join(t.TempDir(), "basalt.yaml")
	fatal(t, os.WriteFile(path, []byte("databases: { main: { "+settings+" } }\ncollections:\n  notes: { fields: { owner: { type: string } }, rules: { read: 'doc.owner == auth.id' } }\n"), 0o600))
	c, err := config.Load(path)
	fatal(t, err)
	slow, notes := offline.Probe(context.Background(), path, c)
	if len(slow) != 0 || len(notes) != 1 || !strings.Contains(notes[0], "this server does not tell the stages of its plans") {
		t.Errorf("said %v and %v", slow, notes)
	}
}
