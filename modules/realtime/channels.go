package realtime

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/basalt-dev/basalt/modules/fault"
	"github.com/basalt-dev/basalt/modules/query"
	"github.com/basalt-dev/basalt/rules"
)

// Channels carry messages between clients, and say who is there. Nothing of them is stored: the last messages
// and the members are in the memory of every node, which inform each other over the bus.

// Channel is one of the configuration.
type Channel struct {
	// Pattern is the name, with parameters as in "room:{id}", and Params their names.
	Pattern string
	Params  []string
	// Subscribe and Publish are rules of [rules.CompileChannel]; nil denies.
	Subscribe, Publish *rules.Rule
	// History is how many messages who comes later gets.
	History int

	expression *regexp.Regexp
}

const (
	subjectChannels = "channels"
	// maxName is the longest name of a channel, maxChannels how many have their last messages kept.
	maxName     = 200
	maxChannels = 10_000
	// learnTime is how long a node asks others for what it has missed before it serves channels.
	learnTime = 500 * time.Millisecond
	// beatInterval is how often a node reports that it is there. The members of one that was silent for silentTime leave.
	beatInterval = 2 * time.Second
	silentTime   = 7 * time.Second
	// pastSize is how many bytes of messages one node tells another at once.
	pastSize = 256 << 10
)

var channelParameter = regexp.MustCompile(`\{[^}]+\}`)

// channel returns the channel of a name, and its parameters.
func (g *engine) channel(name string) (*Channel, query.Row, error) {
	unknown := fault.FieldErrorf("channel", "unknown", "there is no channel %q", fault.Clip(name))
	if len(name) > maxName {
		return nil, nil, unknown
	}
	for _, c := range g.config.Channels {
		if m := c.expression.FindStringSubmatch(name); m != nil {
			params := make(query.Row, len(c.Params))
			for i := range params {
				params[i] = query.String(m[i+1])
			}
			return c, params, nil
		}
	}
	return nil, nil, unknown
}

// prepareChannels makes names match, those without parameters first.
func prepareChannels(channels []*Channel) []*Channel {
	for _, c := range channels {
		parts := channelParameter.Split(c.Pattern, -1)
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		c.expression = regexp.MustCompile(`^` + strings.Join(parts, `([^:/\s\x00-\x1f]{1,128})`) + `$`)
	}
	slices.SortFunc(channels, func(a, b *Channel) int {
		if len(a.Params) != len(b.Params) {
			return len(a.Params) - len(b.Params)
		}
		return len(b.Pattern) - len(a.Pattern)
	})
	return channels
}
