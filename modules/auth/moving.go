package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/basalt-dev/basalt/modules/auth/hash"
	"github.com/basalt-dev/basalt/modules/auth/store"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// Account is an account as it moves between servers, with the hash of its password and its second factor.
type Account struct {
	ID       string `json:"id,omitempty"` // made of the address if it is empty
	Email    string `json:"email,omitempty"`
	Verified bool   `json:"email_verified,omitempty"`
	// Hash is in a form of [hash.Parse].
	Hash string `json:"password_hash,omitempty"`
	// TOTP is the secret of an authenticator app, in base32.
	TOTP       string            `json:"totp,omitempty"`
	Claims     map[string]any    `json:"claims,omitempty"`
	Metadata   json.RawMessage   `json:"metadata,omitempty"`
	Disabled   bool              `json:"disabled,omitempty"`
	Created    *time.Time        `json:"created,omitempty"`
	Identities []AccountIdentity `json:"identities,omitempty"`
}

// AccountIdentity is an account at a provider that signs in.
type AccountIdentity struct {
	Provider string `json:"provider"`
	// Subject is the id that the provider has for the person, and Hash the SHA-256 of it, which is all that is stored.
	Subject string `json:"subject,omitempty"`
	Hash    string `json:"subject_sha256,omitempty"`
	Email   string `json:"email,omitempty"`
}

// ErrThere is what has become of an account that is there already, under the same id and address.
var ErrThere = errors.New("the account exists already")

// maxIdentities bounds the identities of an account.
const maxIdentities = 20

var (
	validProvider = regexp.MustCompile(`^[a-z0-9_.-]{1,40}$`)
	validSum      = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Importer stores accounts from elsewhere.
type Importer struct {
	service *Service
	dry     bool
	// seen are the ids, addresses and identities of the accounts before, by hash, and the number of each.
	seen  map[[16]byte]int
	count int
	made  int
}

// Importer returns one. A dry one stores nothing.
func (s *Service) Importer(dry bool) *Importer {
	return &Importer{service: s, dry: dry, seen: map[[16]byte]int{}}
}

// arriving is an account of a page.
type arriving struct {
	user       *store.User
	identities []*store.Identity
}

// Page stores accounts, up to a few hundred, in one transaction. It returns for each what has become of it: nil if it was
// made, ErrThere, or why it is refused. The others are stored all the same.
func (i *Importer) Page(ctx context.Context, accounts []Account) ([]error, error) {
	out := make([]error, len(accounts))
	page := make([]arriving, len(accounts))
	for n := range accounts {
		i.count++
		if page[n], out[n] = i.service.arriving(&accounts[n]); out[n] == nil {
			out[n] = i.first(page[n])
		}
	}
	if err := i.meet(ctx, page, out); err != nil {
		return nil, err
	}
	if i.dry {
		return out, nil
	}
	wanted := func(n int) bool { return out[n] == nil }
	err := i.store(ctx, page, wanted)
	if fault.CodeOf(err) == fault.Conflict { // a user has signed up meanwhile
		for n := range page {
			if !wanted(n) {
				continue
			}
			one := i.store(ctx, page, func(m int) bool { return m == n })
			if out[n] = taken(one); one != nil && fault.CodeOf(one) != fault.Conflict {
				return nil, one
			}
		}
		err = nil
	}
	for n := range out {
		if out[n] == nil {
			i.made++
		}
	}
	return out, err
}

// Done records that accounts were imported, if some were.
func (i *Importer) Done(ctx context.Context, client Client) {
	if i.made > 0 {
		client.Admin = true
		i.service.audit(ctx, Event{Name: "users.imported", Actor: client.actor(), Client: client, Detail: map[string]any{"accounts": i.made}})
	}
}

// arriving checks an account, and makes what is stored of it.
func (s *Service) arriving(a *Account) (out arriving, err error) {
	var problems []fault.FieldError
	problem := func(field, detail string) {
		problems = append(problems, fault.FieldError{Field: field, Code: "invalid", Detail: detail})
	}
	email := ""
	if a.Email != "" {
		email, problems = normalEmail(a.Email)
	} else if len(a.Identities) == 0 {
		problem("email", "without an address, and without an identity at a provider, there is no way to sign in to the account")
	}
	if a.Hash != "" {
		if _, err := hash.Parse(a.Hash); err != nil {
			problem("password_hash", err.Error())
		}
	}
	if len(a.ID) > 128 || strings.ContainsFunc(a.ID, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		problem("id", "an id has 128 bytes at most, and no control characters")
	}
	problems = append(problems, claimProblems(a.Claims)...)
	user := s.newUser(a.ID, email)
	if user.ID == "" { // the same one when the import is run again
		user.ID = uuid.NewSHA1(uuid.NameSpaceURL, []byte("mailto:"+email)).String()
		if email == "" {
			problem("id", "an account without an address needs one")
		}
	}
	user.Password = a.Hash
	if len(a.Metadata) > 0 && string(a.Metadata) != "null" {
		user.Metadata = query.RawJSON(string(a.Metadata))
		if err := checkMetadata(user.Metadata); err != nil {
			problem("metadata", err.Error())
		}
	}
	if a.Claims != nil {
		encoded, err := json.Marshal(a.Claims)
		if err != nil {
			return out, err
		}
		user.Claims = query.RawJSON(string(encoded))
	}
	if a.Created != nil && a.Created.Before(user.Created) {
		user.Created = *a.Created
	}
	if a.Verified {
		user.Verified = user.Updated
	}
	if a.Disabled {
		user.Disabled = user.Updated
	}
	if a.TOTP != "" {
		secret := strings.ToUpper(strings.TrimRight(strings.ReplaceAll(a.TOTP, " ", ""), "="))
		if b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret); err != nil || len(b) < 10 || len(b) > 128 {
			problem("totp", "the secret of an authenticator app is base32 of 10 to 128 bytes")
		} else {
			user.TOTP = strings.Join([]string{totpOn, "0", s.seal(user.ID, secret)}, " ")
		}
	}
	identities, more := identitiesOf(a, user)
	if problems = append(problems, more...); problems != nil {
		return out, &fault.Error{Code: fault.Invalid, Detail: "the account cannot be imported", Fields: problems}
	}
	return arriving{user, identities}, nil
}

func identitiesOf(a *Account, user *store.User) (out []*store.Identity, problems []fault.FieldError) {
	problem := func(detail string) ([]*store.Identity, []fault.FieldError) {
		return nil, []fault.FieldError{{Field: "identities", Code: "invalid", Detail: detail}}
	}
	if len(a.Identities) > maxIdentities {
		return problem(fmt.Sprintf("an account has %d at most", maxIdentities))
	}
	for _, one := range a.Identities {
		sum := one.Hash
		if one.Subject != "" {
			sum = hashSecret(one.Subject)
		}
		if !validProvider.MatchString(one.Provider) || len(one.Subject) > 1000 || !validSum.MatchString(sum) || one.Subject != "" && one.Hash != "" {
			return problem(`each is as in {"provider": "google", "subject": "1234"}, or has a subject_sha256`)
		}
		out = append(out, &store.Identity{ID: one.Provider + ":" + sum, User: user.ID, Provider: one.Provider, Email: one.Email, Created: user.Created})
	}
	return out, nil
}

// first refuses what an account before it has had: however an address is spelt, it is of one account.
func (i *Importer) first(a arriving) error {
	keys := map[string]string{"id": "id " + a.user.ID}
	if a.user.Email != "" {
		keys["email"] = "email " + a.user.Email
	}
	for _, one := range a.identities {
		keys["identity "+one.Provider] = "identity " + one.ID
	}
	for what, key := range keys {
		sum := sha256.Sum256([]byte(key))
		if earlier, ok := i.seen[[16]byte(sum[:16])]; ok {
			return fault.Errorf(fault.Conflict, "account %d of the file has the same %s", earlier, what)
		}
	}
	for _, key := range keys {
		sum := sha256.Sum256([]byte(key))
		i.seen[[16]byte(sum[:16])] = i.count
	}
	return nil
}

// meet finds out which accounts are there, and which addresses and identities are those of others.
func (i *Importer) meet(ctx context.Context, page []arriving, out []error) error {
	var ids, emails, identities []string
	for n, a := range page {
		if out[n] != nil {
			continue
		}
		ids = append(ids, a.user.ID)
		if a.user.Email != "" {
			emails = append(emails, a.user.Email)
		}
		for _, one := range a.identities {
			identities = append(identities, one.ID)
		}
	}
	byID, byEmail, byIdentity := map[string]*store.User{}, map[string]*store.User{}, map[string]string{}
	users, err := store.Users.Find(ctx, i.service.Database, query.Query{Where: query.Any(store.UserID.OneOf(ids...), store.UserEmail.OneOf(emails...))})
	if err != nil {
		return err
	}
	for _, u := range users {
		byID[u.ID], byEmail[u.Email] = u, u
	}
	known, err := store.Identities.Find(ctx, i.service.Database, query.Query{Where: store.IdentityID.OneOf(identities...)})
	if err != nil {
		return err
	}
	for _, one := range known {
		byIdentity[one.ID] = one.User
	}
	for n, a := range page {
		if out[n] == nil {
			out[n] = meeting(a, byID[a.user.ID], byEmail[a.user.Email], byIdentity)
		}
	}
	return nil
}

// meeting compares an account with those that are there.
func meeting(a arriving, same, address *store.User, identities map[string]string) error {
	if same != nil && same.Email == a.user.Email {
		return ErrThere
	}
	if same != nil {
		return fault.Errorf(fault.Conflict, "there is an account with this id, and another address")
	}
	if a.user.Email != "" && address != nil {
		return fault.Errorf(fault.Conflict, "the address is that of the account %s", address.ID)
	}
	for _, one := range a.identities {
		if other := identities[one.ID]; other != "" {
			return fault.Errorf(fault.Conflict, "the identity at %s is that of the account %s", one.Provider, other)
		}
	}
	return nil
}

// store stores the accounts that are wanted, all or none.
func (i *Importer) store(ctx context.Context, page []arriving, wanted func(int) bool) error {
	var users []*store.User
	var identities []*store.Identity
	for n, a := range page {
		if wanted(n) {
			users, identities = append(users, a.user), append(identities, a.identities...)
		}
	}
	if len(users) == 0 {
		return nil
	}
	return i.service.Database.Transaction(ctx, func(tx db.Store) error {
		if err := store.Users.Insert(ctx, tx, users...); err != nil || len(identities) == 0 {
			return err
		}
		return store.Identities.Insert(ctx, tx, identities...)
	})
}

// Accounts calls f with every account, in the order of the ids, as they move to another server. It fails where a second
// factor cannot be read.
func (s *Service) Accounts(ctx context.Context, f func(Account) error) error {
	const page = 500
	for after := ""; ; {
		where := query.Filter(query.True)
		if after != "" {
			where = store.UserID.After(after)
		}
		users, err := store.Users.Find(ctx, s.Database, query.Query{Where: where, Sort: store.Users.KeyOrder(false), Limit: page})
		if err != nil || len(users) == 0 {
			return err
		}
		ids := make([]string, len(users))
		for n, u := range users {
			ids[n] = u.ID
		}
		rows, err := store.Identities.Find(ctx, s.Database, query.Query{Where: store.IdentityUser.OneOf(ids...), Sort: store.Identities.KeyOrder(false)})
		if err != nil {
			return err
		}
		identities := map[string][]AccountIdentity{}
		for _, one := range rows {
			_, sum, _ := strings.Cut(one.ID, ":")
			identities[one.User] = append(identities[one.User], AccountIdentity{Provider: one.Provider, Hash: sum, Email: one.Email})
		}
		for _, u := range users {
			a, err := s.leaving(u)
			if err != nil {
				return fmt.Errorf("account %s: %w", u.ID, err)
			}
			a.Identities = identities[u.ID]
			if err := f(a); err != nil {
				return err
			}
			after = u.ID
		}
		if len(users) < page {
			return nil
		}
	}
}

func (s *Service) leaving(u *store.User) (a Account, err error) {
	a = Account{ID: u.ID, Email: u.Email, Verified: !u.Verified.IsZero(), Hash: u.Password, Disabled: !u.Disabled.IsZero()}
	a.Claims, _ = u.Claims.Any().(map[string]any)
	if !u.Metadata.IsNull() {
		a.Metadata = json.RawMessage(u.Metadata.JSON())
	}
	created := u.Created.UTC()
	a.Created = &created
	if enrolled(u) {
		a.TOTP, err = s.unseal(u.ID, strings.Split(u.TOTP, " ")[2])
	}
	return a, err
}
