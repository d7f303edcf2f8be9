package mongo

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
)

// TestStages reads plans as the documentation of MongoDB describes them: of the classic engine, of the other, and of shards.
func TestStages(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"stage":"COLLSCAN","filter":{},"direction":"forward"}`:                                                                                                "[{ COLLSCAN }]",
		`{"stage":"FETCH","inputStage":{"stage":"IXSCAN","indexName":"owner_1"}}`:                                                                               "[{ FETCH } {   IXSCAN owner_1}]",
		`{"stage":"SORT","inputStage":{"stage":"FETCH","inputStage":{"stage":"OR","inputStages":[{"stage":"IXSCAN","indexName":"a_1"},{"stage":"COLLSCAN"}]}}}`: "[{ SORT } {   FETCH } {     OR } {       IXSCAN a_1} {       COLLSCAN }]",
		`{"queryPlan":{"stage":"LIMIT","inputStage":{"stage":"COLLSCAN"}},"slotBasedPlan":{}}`:                                                                  "[{ LIMIT } {   COLLSCAN }]",
		`{"stage":"SHARD_MERGE","shards":[{"shardName":"s1","winningPlan":{"stage":"COLLSCAN"}}]}`:                                                              "[{ SHARD_MERGE } {   COLLSCAN }]",
		`{"stage":"EOF"}`: "[{ EOF }]",
	} {
		var doc bson.Raw
		if err := bson.UnmarshalExtJSON([]byte(text), false, &doc); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(stages(nil, doc, "")); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}
