package transfer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/auth"
)

// FirebaseHash are the parameters of the hashes of a project, as the console of Firebase shows them.
type FirebaseHash struct {
	Key, Separator string // base64
	Rounds, Memory int
}

var firebaseSetting = regexp.MustCompile(`(?m)^\s*"?(\w+)"?\s*:\s*"?([^",\s]+)"?,?\s*$`)

// ReadFirebaseHash reads hash_config { … } of the console, or the same as JSON.
func ReadFirebaseHash(text string) (h FirebaseHash, err error) {
	algorithm := ""
	for _, m := range firebaseSetting.FindAllStringSubmatch(text, -1) {
		switch m[1] {
		case "algorithm":
			algorithm = m[2]
		case "base64_signer_key":
			h.Key = m[2]
		case "base64_salt_separator":
			h.Separator = m[2]
		case "rounds":
			h.Rounds, err = strconv.Atoi(m[2])
		case "mem_cost":
			h.Memory, err = strconv.Atoi(m[2])
		}
		if err != nil {
			return h, fmt.Errorf("the hash parameters of Firebase: %s is a number, not %s", m[1], m[2])
		}
	}
	if algorithm != "SCRYPT" || h.Key == "" || h.Rounds == 0 || h.Memory == 0 {
		return h, errors.New("the hash parameters of Firebase are algorithm: SCRYPT, base64_signer_key, base64_salt_separator, rounds and mem_cost; the console shows them under Authentication, Users, in the menu of the table")
	}
	return h, nil
}

// password returns a hash as accounts have it.
func (h FirebaseHash) password(salt, sum string) string {
	return fmt.Sprintf("$fbscrypt$v=1,n=%d,r=%d,p=1,ss=%s,sk=%s$%s$%s", h.Memory, h.Rounds, h.Separator, h.Key, salt, sum)
}

// firebaseUser is a user of `firebase auth:export users.json`.
type firebaseUser struct {
	ID         string `json:"localId"`
	Email      string `json:"email"`
	Verified   bool   `json:"emailVerified"`
	Hash       string `json:"passwordHash"`
	Salt       string `json:"salt"`
	Name       string `json:"displayName"`
	Picture    string `json:"photoUrl"`
	Phone      string `json:"phoneNumber"`
	Created    string `json:"createdAt"` // milliseconds
	Disabled   bool   `json:"disabled"`
	Attributes string `json:"customAttributes"` // JSON
	Providers  []struct {
		Provider string `json:"providerId"`
		ID       string `json:"rawId"`
		Email    string `json:"email"`
	} `json:"providerUserInfo"`
}

// ErrNoHashConfig ends an import: without passwords it would be half of one, and the accounts could not be imported again.
var ErrNoHashConfig = errors.New("the file has hashes of passwords, so the hash parameters of the project are needed: --hash-config FILE")

// account returns the user as an account. Google, GitHub and so on have their names here, and a password and a phone are no
// accounts elsewhere.
func (u *firebaseUser) account(h FirebaseHash) (a auth.Account, err error) {
	a = auth.Account{ID: u.ID, Email: u.Email, Verified: u.Verified, Disabled: u.Disabled}
	if u.Hash != "" {
		if h.Key == "" {
			return a, ErrNoHashConfig
		}
		a.Hash = h.password(u.Salt, u.Hash)
	}
	if ms, err := strconv.ParseInt(u.Created, 10, 64); err == nil && ms > 0 {
		created := time.UnixMilli(ms).UTC()
		a.Created = &created
	}
	if u.Attributes != "" {
		decoder := json.NewDecoder(strings.NewReader(u.Attributes))
		decoder.UseNumber()
		if err := decoder.Decode(&a.Claims); err != nil {
			return a, fmt.Errorf("customAttributes are no JSON object: %w", err)
		}
	}
	metadata := map[string]string{}
	for name, value := range map[string]string{"name": u.Name, "picture": u.Picture, "phone": u.Phone} {
		if value != "" {
			metadata[name] = value
		}
	}
	if len(metadata) > 0 {
		if a.Metadata, err = json.Marshal(metadata); err != nil {
			return a, err
		}
	}
	for _, p := range u.Providers {
		if p.Provider == "password" || p.Provider == "phone" {
			continue
		}
		a.Identities = append(a.Identities, auth.AccountIdentity{Provider: strings.TrimSuffix(p.Provider, ".com"), Subject: p.ID, Email: p.Email})
	}
	return a, nil
}

// Firebase reads accounts of `firebase auth:export users.json`, one after the other.
func Firebase(in io.Reader, h FirebaseHash) func() (auth.Account, error) {
	decoder := json.NewDecoder(in)
	begun := false
	return func() (a auth.Account, err error) {
		if !begun {
			begun = true
			for _, want := range []json.Token{json.Delim('{'), "users", json.Delim('[')} {
				if got, err := decoder.Token(); err != nil || got != want {
					return a, errors.New(`this is no file of firebase auth:export, which begins with {"users": [`)
				}
			}
		}
		if !decoder.More() {
			if _, err := decoder.Token(); err != nil {
				return a, fmt.Errorf("the file of firebase auth:export ends too early: %s", err) // not the end of the accounts
			}
			return a, io.EOF
		}
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return a, fmt.Errorf("reading the file of firebase auth:export: %s", err) // as above
		}
		var u firebaseUser
		if err := json.Unmarshal(raw, &u); err != nil {
			return a, Bad{err}
		}
		if a, err = u.account(h); err != nil && !errors.Is(err, ErrNoHashConfig) {
			err = Bad{err}
		}
		return a, err
	}
}
