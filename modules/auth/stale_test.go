package auth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/basalt-dev/basalt/modules/auth"
	"github.com/basalt-dev/basalt/modules/db"
	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
)

// documents allows every invitation and keeps no document, so that an account is stored in the transaction of one.
type documents struct{ s *auth.Service }

func (d documents) MayInvite(context.Context, auth.Inviter, auth.Invitation, auth.Client) error {
	return nil
}
func (d documents) IsAdmin(claims map[string]any) bool { return claims["role"] == "admin" }
func (d documents) Transaction(ctx context.Context, _ string, f func(db.Store, auth.DocumentsIn) error) error {
	return d.s.Database.Transaction(ctx, func(tx db.Store) error { return f(tx, d) })
}
func (d documents) Join(context.Context, auth.Inviter, auth.Membership, string, auth.Client) error {
	return nil
}
func (d documents) Put(context.Context, map[string]any, query.Value, auth.Client) error { return nil }
func (d documents) Renew(context.Context, map[string]any) error                         { return nil }
func (d documents) Remove(context.Context, string) error                                { return nil }

// people are profiles that keep nothing.
type people struct{ documents }

func (p people) Transaction(ctx context.Context, f func(db.Store, auth.ProfilesIn) error) error {
	return p.documents.Transaction(ctx, "", func(tx db.Store, in auth.DocumentsIn) error { return f(tx, in) })
}
func (p people) Read(context.Context, map[string]any, auth.Client) (json.RawMessage, error) {
	return json.RawMessage("null"), nil
}
func (p people) Named(context.Context, string, string, int) ([]string, error) { return nil, nil }
func (p people) Collection() string                                           { return "people" }

func withDocuments(s *auth.Service) *auth.Service {
	s.Anonymous, s.URL = true, "https://app.example.com"
	s.Invitations = &auth.Invitations{Lifetime: time.Hour, Documents: documents{s}}
	s.Profiles = people{documents{s}}
	return s
}

func invitationFor(t *testing.T, s *auth.Service, i auth.Invitation) string {
	t.Helper()
	made := ok2(s.Invite(context.Background(), i, "", true, auth.Client{IP: "9.9.9.9", Admin: true}))(t)
	return ok2(url.ParseQuery(ok2(url.Parse(made.Link))(t).Fragment))(t).Get("token")
}

// TestUpgrades_KeepWhatIsChangedMeanwhile: an account that was read gets an address, or what an invitation gives, while
// an administrator changes it. Neither change is lost, and who was disabled stays so.
func TestUpgrades_KeepWhatIsChangedMeanwhile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	off := true
	for name, upgrade := range map[string]func(t *testing.T, s *auth.Service, guest auth.Session) error{
		"signing up": func(t *testing.T, s *auth.Service, guest auth.Session) error {
			_, err := s.SignUp(ctx, ada, in(t, s, guest))
			return err
		},
		"an invitation": func(t *testing.T, s *auth.Service, guest auth.Session) error {
			token := invitationFor(t, s, auth.Invitation{Email: ada.Email, Claims: map[string]any{"teams": []any{"red"}}})
			_, err := s.AcceptInvitation(ctx, auth.Acceptance{Token: token}, in(t, s, guest))
			return err
		},
		"an invitation of who has claimed the address": func(t *testing.T, s *auth.Service, guest auth.Session) error {
			if _, err := s.SignUp(ctx, ada, in(t, s, guest)); err != nil {
				t.Fatal(err)
			}
			token := invitationFor(t, s, auth.Invitation{Email: ada.Email, Claims: map[string]any{"teams": []any{"red"}}})
			_, err := s.AcceptInvitation(ctx, auth.Acceptance{Token: token}, from("1.1.1.1"))
			return err
		},
	} {
		for what, edit := range map[string]auth.Edit{
			"claims": {Claims: map[string]any{"role": "banned"}}, "switched off": {Disabled: &off}, "metadata": {Metadata: query.RawJSON(`{"name":"Ada"}`)},
		} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				s, _ := newService(t, 100)
				withDocuments(s)
				guest := ok2(s.SignInAnonymously(ctx, from("1.1.1.1")))(t)
				token := in(t, s, guest)
				last, squats := 1, strings.HasSuffix(name, "address") // whose claims and metadata are not those of the new owner
				if squats {
					last = 3 // the sign-up before asks for claims twice
				}
				s.Config.Claims = &nth{n: last, do: func() {
					if _, err := s.EditUser(ctx, guest.User.ID, edit, from("")); err != nil {
						t.Error(err)
					}
				}}
				err := upgrade(t, s, guest)
				if (err == nil) != (edit.Disabled == nil) {
					t.Errorf("the upgrade ends with %v", err)
				}
				user := ok2(s.Managed(ctx, token.User["sub"].(string)))(t)
				if edit.Disabled != nil && !user.Disabled || edit.Claims != nil && (user.Claims["role"] == "banned") == squats ||
					edit.Disabled == nil && strings.Contains(name, "invitation") && fmt.Sprint(user.Claims["teams"]) != "[red]" {
					t.Errorf("what was changed meanwhile is lost: %+v", user)
				}
				if edit.Metadata.IsNull() {
					return
				}
				if found := auth.Kept(t, s, `"name":"Ada"`); (len(found) == 0) != squats {
					t.Errorf("the metadata is in %v", found)
				}
			})
		}
	}
}

// nth does something when claims are computed for the nth time.
type nth struct {
	n  int
	do func()
}

func (n *nth) Compute(context.Context, map[string]any, time.Time) (map[string]any, error) {
	if n.n--; n.n == 0 {
		n.do()
	}
	return nil, nil
}

// TestUpdateUser_MetadataOfTwoAtOnce: each of many changes at once is there in the end.
func TestUpdateUser_MetadataOfTwoAtOnce(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	ctx := context.Background()
	client := in(t, s, ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t))
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if _, err := s.UpdateUser(ctx, auth.Change{Metadata: query.RawJSON(fmt.Sprintf(`{"k%d":%d}`, i, i))}, client); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i := range 20 {
		if found := auth.Kept(t, s, fmt.Sprintf(`"k%d":%d`, i, i)); len(found) == 0 {
			t.Errorf("the change of k%d is lost", i)
		}
	}
}

// TestEditUser_EndsAdministrators: who is no administrator any more has no token that says so; other changes of claims end nothing.
func TestEditUser_EndsAdministrators(t *testing.T) {
	t.Parallel()
	s, _ := newService(t, 100)
	withDocuments(s)
	ctx := context.Background()
	id := ok2(s.SignUp(ctx, ada, from("1.1.1.1")))(t).User.ID
	edit := func(claims map[string]any) {
		t.Helper()
		if _, err := s.EditUser(ctx, id, auth.Edit{Claims: claims}, from("")); err != nil {
			t.Fatal(err)
		}
	}
	edit(map[string]any{"role": "admin"})
	session := ok2(s.SignIn(ctx, ada, from("1.1.1.1")))(t)
	edit(map[string]any{"role": "admin", "team": "red"})
	if got := valid(s, session); got != "<nil>" {
		t.Errorf("a session of an administrator who stays one is %q", got)
	}
	edit(map[string]any{"role": "editor"})
	if got := valid(s, session); got != "revoked" {
		t.Errorf("the session of who is no administrator any more is %q", got)
	}
	_, err := s.RefreshSession(ctx, session.RefreshToken, from("1.1.1.1"))
	code(t, "a refresh", err, fault.Unauthenticated)
	session = ok2(s.SignIn(ctx, ada, from("1.1.1.1")))(t)
	edit(map[string]any{"role": "editor", "team": "red"})
	if got := valid(s, session); got != "<nil>" {
		t.Errorf("a session of another user is %q", got)
	}
}
