package shared

import "net/netip"

// Network returns what a limit by address counts: an IPv4 address, also if it is written as an IPv6 one, or the
// /64 of an IPv6 address, which belongs to one customer. Anything else is returned unchanged.
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
