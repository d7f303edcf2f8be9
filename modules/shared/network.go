package shared

import "net/netip"

// Network names what a limit by address is counted for: an IPv4 address, also where it is written as an IPv6 one, and
// the /64 of an IPv6 address, all of which one customer has. What is no address stands for itself.
func Network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return address
	}
	return p.String()
}
