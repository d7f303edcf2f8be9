package server

import (
	"context"
	"fmt"
	"net"

	"github.com/basalt-dev/basalt/config"
)

// lookedAt is how many accounts are looked at for an administrator. Where there are more, the link is not printed: it is
// for servers that begin.
const lookedAt = 200

// invite prints the link for the first administrator, where no one can be one yet.
func (s *Server) invite(ctx context.Context, address net.Addr) {
	if s.options.Invite == nil {
		return
	}
	s.with(func(r *runtime) {
		base := localAddress(address)
		if base == "" || r.hasAdministrator(ctx) {
			return
		}
		if r.config.TLS != nil { // the name of this machine is in no certificate
			_, _ = fmt.Fprintf(s.options.Invite, "There is no administrator yet. Make one with: basalt users add EMAIL --admin --config %s\n", s.path)
			return
		}
		path := r.config.Console.Path
		code := s.invitation.Open(s.options.Now())
		_, _ = fmt.Fprintf(s.options.Invite, "There is no administrator yet. Make one in the console, with this link; it is good once, for 15 minutes, from this machine:\n\n  %s%s/#/first/%s\n\n", base, path, code)
	})
}

// localAddress returns where this machine reaches a listener, empty where it listens for others only.
func localAddress(address net.Addr) string {
	tcp, ok := address.(*net.TCPAddr)
	switch {
	case !ok:
		return ""
	case tcp.IP.IsUnspecified():
		return fmt.Sprintf("http://localhost:%d", tcp.Port)
	case tcp.IP.IsLoopback():
		return "http://" + tcp.String()
	}
	return ""
}

// hasAdministrator reports whether someone can be an administrator. What cannot be known counts as one.
func (r *runtime) hasAdministrator(ctx context.Context) bool {
	admin := r.config.Admin
	switch {
	case len(admin.Keys) > 0:
		return true
	case admin.Who == nil:
		return false
	case r.auth == nil || len(r.config.Auth.Issuers) > 0 || r.auth.Hooks != nil && r.auth.Hooks.Token != "":
		return true // the claims are those of others
	}
	users, err := r.auth.Users(ctx, "", "", lookedAt)
	if err != nil || len(users) == lookedAt {
		return true
	}
	for _, u := range users {
		if claims, err := r.auth.Claims(ctx, u.ID); err != nil || !u.Disabled && config.Satisfies(admin.Who, claims) {
			return true
		}
	}
	return false
}
