package server

import (
	"fmt"
	"net"

	"github.com/basalt-dev/basalt/config"
)

// exposed is an error if others than this machine would reach a server whose secrets are publicly known.
func exposed(c *config.Config, address string) error {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		return nil
	}
	if len(c.Exposed) == 0 {
		return nil
	}
	return fmt.Errorf("%s; listen on 127.0.0.1 to try it out (this is %s)", c.Exposed[0], address)
}
