package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Explain implements [db.Explainer].
func (d *Driver) Explain(ctx context.Context, c *db.Collection, f db.Find) (db.Statement, error) {
	command, plan, err := d.explained(ctx, c, f)
	if err != nil {
		return db.Statement{}, err
	}
	text, err := bson.MarshalExtJSON(command, false, false)
	out := db.Statement{Text: string(text)}
	for _, step := range plan {
		line := step.depth + step.name
		if step.index != "" {
			line += " " + step.index
		}
		out.Plan = append(out.Plan, line)
	}
	return out, err
}

// Probe implements [db.Prober]. Lookups are statements of their own here, as what they ask for is, too.
func (d *Driver) Probe(ctx context.Context, c *db.Collection, f db.Find) (out db.Access, err error) {
	if f.Where != nil {
		f.Where, err = query.Replace(f.Where, func(e *query.Exists) (query.Filter, error) {
			inner := c.Related[e.Collection]
			if inner == nil {
				return query.True, nil
			}
			found, err := d.Probe(ctx, inner, db.Find{Query: query.Query{Where: looked(inner, e)}})
			out.Scans = append(out.Scans, found.Scans...)
			return query.True, err
		})
		if err != nil {
			return out, err
		}
	}
	_, plan, err := d.explained(ctx, c, f)
	for _, step := range plan {
		switch step.name {
		case "COLLSCAN":
			out.Scans = append(out.Scans, c.Table)
		case "SORT":
			out.Sorts = true
		}
	}
	return out, err
}

// looked is what a lookup asks for, with a value for each field that is linked.
func looked(inner *db.Collection, e *query.Exists) query.Filter {
	where := e.Where
	for _, l := range e.Links {
		i := inner.Shape.Index(l.Inner.Field)
		value := query.String("sample")
		if kind := inner.Shape.Fields[i].Type.Kind(); kind == query.KindInt || kind == query.KindFloat {
			value = query.Int(1)
		} else if kind != query.KindString {
			continue
		}
		where = query.All(where, &query.Compare{Path: l.Inner, Op: l.Op, Value: value})
	}
	return where
}

// step is a stage of a plan.
type step struct{ depth, name, index string }

// explained returns the command of a find, and the plan of the server.
func (d *Driver) explained(ctx context.Context, c *db.Collection, f db.Find) (bson.D, []step, error) {
	filter, err := translate(c, d.kindsOf(c), f.Where)
	if err != nil {
		return nil, nil, err
	}
	command := bson.D{{Key: "find", Value: c.Table}, {Key: "filter", Value: filter}}
	if order := sortOf(c, f.Sort); len(order) > 0 {
		command = append(command, bson.E{Key: "sort", Value: order})
	}
	if f.Limit > 0 {
		command = append(command, bson.E{Key: "limit", Value: int64(f.Limit)})
	}
	var answer struct {
		Planner bson.Raw `bson:"queryPlanner"`
	}
	err = d.database.RunCommand(ctx, bson.D{{Key: "explain", Value: command}, {Key: "verbosity", Value: "queryPlanner"}}).Decode(&answer)
	if err != nil {
		return nil, nil, clientError(ctx, err)
	}
	winning, err := answer.Planner.LookupErr("winningPlan")
	plan, ok := winning.DocumentOK()
	if err != nil || !ok {
		return nil, nil, fault.Errorf(fault.Invalid, "this server does not tell the stages of its plans")
	}
	return command, stages(nil, plan, ""), nil
}

// stages appends the stages of a plan, those of shards and of alternatives too.
func stages(out []step, plan bson.Raw, depth string) []step {
	if inner, ok := plan.Lookup("queryPlan").DocumentOK(); ok { // of the engine of MongoDB 5 and later
		plan = inner
	}
	if name, ok := plan.Lookup("stage").StringValueOK(); ok {
		index, _ := plan.Lookup("indexName").StringValueOK()
		out = append(out, step{depth, name, index})
		depth += "  "
	}
	for _, key := range []string{"inputStage", "outerStage", "innerStage", "thenStage", "elseStage", "winningPlan"} {
		if inner, ok := plan.Lookup(key).DocumentOK(); ok {
			out = stages(out, inner, depth)
		}
	}
	for _, key := range []string{"inputStages", "shards"} {
		all, ok := plan.Lookup(key).ArrayOK()
		if !ok {
			continue
		}
		values, err := all.Values()
		for _, v := range values {
			if inner, ok := v.DocumentOK(); ok && err == nil {
				out = stages(out, inner, depth)
			}
		}
	}
	return out
}
