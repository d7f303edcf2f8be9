package redis

import "github.com/gomodule/redigo/redis"

// Int64 is an answer that is a number.
func Int64(answer any, err error) (int64, error) { return redis.Int64(answer, err) }

// Int64s is an answer that is a list of numbers.
func Int64s(answer any, err error) ([]int64, error) { return redis.Int64s(answer, err) }

// Bytes is an answer that is a string.
func Bytes(answer any, err error) ([]byte, error) { return redis.Bytes(answer, err) }

// Strings is an answer that is a list of strings.
func Strings(answer any, err error) ([]string, error) { return redis.Strings(answer, err) }

// List is an answer that is a list.
func List(answer any, err error) ([]any, error) { return redis.Values(answer, err) }

// Entry is one of a stream.
type Entry struct {
	ID     string
	Values map[string]string
}

// Entries are those in a part of an answer. One that was deleted has no values.
func Entries(part any) ([]Entry, error) {
	list, err := redis.Values(part, nil)
	if err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(list))
	for _, one := range list {
		pair, err := redis.Values(one, nil)
		if err != nil || len(pair) != 2 {
			continue // nil stands for one that was deleted, on old servers
		}
		e := Entry{}
		if e.ID, err = redis.String(pair[0], nil); err != nil {
			return nil, err
		}
		if pair[1] != nil {
			if e.Values, err = redis.StringMap(pair[1], nil); err != nil {
				return nil, err
			}
		}
		out = append(out, e)
	}
	return out, nil
}
