package rules

// Uses lists what a rule as written uses besides documents, whatever it folds to for one caller. Its result may
// differ for another caller or request, or at another time.
type Uses struct{ Auth, Request, Time bool }

// Uses returns what the rule uses.
func (r *Rule) Uses() Uses { return r.uses }

// MentionsAuth reports whether the rule uses the caller.
func (r *Rule) MentionsAuth() bool { return r.uses.Auth }

func hasCalls(root node) bool {
	found := false
	walk(root, func(n node) {
		_, is := n.(call)
		found = found || is
	})
	return found
}

func usesOf(root node) Uses {
	var u Uses
	times := 0
	walk(root, func(n node) {
		switch n := n.(type) {
		case claim:
			u.Auth = true
		case webhook: // it gets the caller, and may read the clock
			u.Auth = true
			times++
		case now:
			times++
		case variable:
			u.Auth = u.Auth || n.name == "auth"
			if n.name == "request" {
				u.Request = true
				times++
			}
		case member: // of request, but not its time
			base, ok := n.base.(variable)
			if key, written := n.key.(literal); ok && base.name == "request" && written && key.value != "time" {
				times--
			}
		}
	})
	u.Time = times > 0
	return u
}
