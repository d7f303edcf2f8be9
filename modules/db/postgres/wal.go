package postgres

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pglogrepl"

	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/query"
)

// copied reads a message of the log.
func (w *changes) copied(ctx context.Context, data []byte) error {
	switch data[0] {
	case pglogrepl.PrimaryKeepaliveMessageByteID:
		m, err := pglogrepl.ParsePrimaryKeepaliveMessage(data[1:])
		if err != nil {
			return err
		}
		w.received = max(w.received, m.ServerWALEnd)
		if m.ReplyRequested {
			return w.sendStatus(ctx, false)
		}
	case pglogrepl.XLogDataByteID:
		m, err := pglogrepl.ParseXLogData(data[1:])
		if err != nil {
			return err
		}
		w.written = max(w.written, m.ServerWALEnd)
		message, err := pglogrepl.Parse(m.WALData)
		if err != nil {
			return err
		}
		w.logged(message)
	}
	return nil
}

// maxOpen limits the changes of one transaction that are recorded individually.
const maxOpen = 10_000

func (w *changes) logged(message pglogrepl.Message) {
	switch m := message.(type) {
	case *pglogrepl.BeginMessage:
		w.open, w.writer = w.open[:0], m.Xid
	case *pglogrepl.RelationMessage:
		w.relations[m.RelationID] = m
	case *pglogrepl.InsertMessage:
		w.touch(m.RelationID, m.Tuple)
	case *pglogrepl.UpdateMessage:
		if m.OldTuple != nil {
			w.touch(m.RelationID, m.OldTuple)
		}
		w.touch(m.RelationID, m.NewTuple)
	case *pglogrepl.DeleteMessage:
		w.touch(m.RelationID, m.OldTuple)
	case *pglogrepl.TruncateMessage:
		for _, relation := range m.RelationIDs {
			w.touch(relation, nil)
		}
	case *pglogrepl.CommitMessage:
		w.received = max(w.received, m.TransactionEndLSN)
		for i := range w.open {
			w.open[i].Position = uint64(m.CommitLSN)
		}
		if len(w.open) > 0 {
			w.touched, w.writers = append(w.touched, w.open...), append(w.writers, w.writer)
		}
	}
}

func (w *changes) touch(relation uint32, tuple *pglogrepl.TupleData) {
	for _, c := range w.tables[relation] {
		touched := db.Change{Collection: c}
		if len(w.open) < maxOpen {
			touched.ID = w.idOf(c, w.relations[relation], tuple)
		}
		if len(w.open) == 0 || w.open[len(w.open)-1] != touched {
			w.open = append(w.open, touched)
		}
	}
}

// idOf returns the id of a row, empty if the log does not contain it.
func (w *changes) idOf(c *db.Collection, relation *pglogrepl.RelationMessage, tuple *pglogrepl.TupleData) string {
	if relation == nil || tuple == nil {
		return ""
	}
	row := make(query.Row, len(c.Columns))
	for _, i := range c.KeyFields() {
		n := slices.IndexFunc(relation.Columns, func(r *pglogrepl.RelationMessageColumn) bool { return r.Name == c.Columns[i].Name })
		if n < 0 || n >= len(tuple.Columns) || tuple.Columns[n].DataType != pglogrepl.TupleDataTypeText {
			return ""
		}
		v, ok := keyValue(c.Columns[i].Type.Kind(), w.driver.layout(c).Columns[i].Type, string(tuple.Columns[n].Data))
		if !ok {
			return ""
		}
		row[i] = v
	}
	return c.ID(row)
}

// keyValue reads a value in PostgreSQL's text format.
func keyValue(kind query.Kind, typ, text string) (query.Value, bool) {
	switch kind {
	case query.KindString:
		if typ == "character" {
			text = strings.TrimRight(text, " ")
		}
		return query.String(text), true
	case query.KindInt:
		n, err := strconv.ParseInt(text, 10, 64)
		return query.Int(n), err == nil
	case query.KindBool:
		return query.Bool(text == "t"), true
	case query.KindDate:
		day, era, _ := strings.Cut(text, " ")
		if era == "BC" || len(day) > len("2006-01-02") { // which need not be a key of ours
			return query.Null, false
		}
		return query.ParseDate(day)
	case query.KindTime:
		for _, format := range []string{"2006-01-02 15:04:05.999999-07", "2006-01-02 15:04:05.999999", "2006-01-02"} {
			if t, err := time.Parse(format, text); err == nil {
				return query.Time(t), true
			}
		}
	}
	return query.Null, false
}
