package api

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/auth/transfer"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// maxImported is how many accounts one call imports.
const maxImported = 500

// accountsFile is the body of POST /v1/admin/users/import.
type accountsFile struct {
	from, text, hash string
	dry              bool
}

// importUsers is POST /v1/admin/users/import: what `basalt users import` does with a file, for a part of one.
func (u *users) importUsers(r *request) ([]byte, error) {
	s, err := u.service()
	if err != nil {
		return nil, err
	}
	f := accountsFile{from: "basalt"}
	err = r.object(func(name string, v query.Value) bool {
		switch name {
		case "dry":
			f.dry = v.Bool()
			return v.Kind() == query.KindBool
		case "from":
			f.from = v.Text()
		case "text":
			f.text = v.Text()
		case "hash_config":
			f.hash = v.Text()
		}
		return v.Kind() == query.KindString
	})
	if err != nil {
		return nil, err
	}
	next, err := f.accounts()
	if err != nil {
		return nil, err
	}
	refused := []transfer.Refused{}
	done, err := transfer.Import(r.context, s, transfer.Request{
		Next: next, Dry: f.dry, Client: u.client(r, nil), Progress: func(int) {},
		Refused: func(one transfer.Refused) error { refused = append(refused, one); return nil },
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"made": done.Made, "there": done.There, "refused": refused})
}

// accounts reads the whole text, so that nothing of one that is no such file is stored.
func (f accountsFile) accounts() (next func() (auth.Account, error), err error) {
	switch f.from {
	case "basalt":
		next = transfer.Lines(strings.NewReader(f.text))
	case "firebase":
		var h transfer.FirebaseHash
		if f.hash != "" {
			if h, err = transfer.ReadFirebaseHash(f.hash); err != nil {
				return nil, fault.FieldErrorf("hash_config", "invalid", "%s", err)
			}
		}
		next = transfer.Firebase(strings.NewReader(f.text), h)
	default:
		return nil, fault.FieldErrorf("from", "enum", "from is basalt or firebase")
	}
	type read struct {
		auth.Account
		error
	}
	var all []read
	for {
		a, err := next()
		var bad transfer.Bad
		switch {
		case errors.Is(err, io.EOF):
			return func() (auth.Account, error) {
				if len(all) == 0 {
					return auth.Account{}, io.EOF
				}
				one := all[0]
				all = all[1:]
				return one.Account, one.error
			}, nil
		case errors.Is(err, transfer.ErrNoHashConfig):
			return nil, fault.FieldErrorf("hash_config", "required", "the file has hashes of passwords, so the hash parameters of the project are needed")
		case err != nil && !errors.As(err, &bad):
			return nil, fault.FieldErrorf("text", "invalid", "%s", err)
		case len(all) == maxImported:
			return nil, fault.FieldErrorf("text", "max", "a call takes %d accounts at most; send the others with the next one", maxImported)
		}
		all = append(all, read{a, err})
	}
}

func importedSchema() object {
	return fields(object{"made": whole(), "there": whole(), "refused": arrayOf(fields(with(strs("email", "id", "reason"), "account", whole())))})
}
