package proptest

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/basalt-dev/basalt/server/servertest"
)

// aside is what some schemas have beside their documents: a collection of files, and channels. Their worlds differ in
// files that the caller may not read, and in what is said, and who is, in rooms that they may not enter.
type aside struct {
	vault, room string
	reads       int    // which of the rules of files
	enters      int    // which of the rules of rooms
	looksAt     string // the collection that the rule of rooms may look at
	files       []file
	// sealed is a room that the caller may not enter.
	sealed string
	watch  bool
}

// file is one that an administrator has stored. It is hidden if the caller may not read it: then it is in the second
// world alone, or has other bytes there.
type file struct {
	path, owner, tag string
	hidden, both     bool
}

// secret is in all that the worlds differ in and the caller must never get.
const secret = "the-secret-of-the-second-world"

var fileRules = []string{"doc.owner == auth.id", `doc.owner == auth.id || doc.tag == "all"`, `auth.role == "staff" || doc.tag == "all"`}

var roomRules = []string{"auth != nil && id == auth.id", `id == "open" || auth.role == "staff"`, `exists("%s", {"s": id})`, `id == "open" || auth.team == id`}

func (g *gen) aside(s *schema) *aside {
	return &aside{vault: s.prefix + "vault", room: s.prefix + "room", reads: g.IntN(len(fileRules)), enters: g.IntN(len(roomRules)), looksAt: s.collections[0].name}
}

// fill draws the files, as a caller sees them.
func (a *aside) fill(g *gen, who *caller) {
	a.files, a.sealed, a.watch = nil, "", g.in(3)
	for n := range 4 {
		f := file{path: fmt.Sprintf("v/%d.txt", n), owner: pick(g, []string{"u1", "u2", "u3"}), tag: pick(g, []string{"all", "none"})}
		id, _ := who.claims["sub"].(string)
		role, _ := who.claims["role"].(string)
		mine := id != "" && f.owner == id
		f.hidden = !who.admin && ![]bool{mine, mine || f.tag == "all", role == "staff" || f.tag == "all"}[a.reads]
		f.both = !f.hidden || g.in(2)
		a.files = append(a.files, f)
	}
	if who.admin || who.claims["role"] == "staff" && a.enters == 1 {
		return
	}
	a.sealed = a.room + ":sealed" // no caller has this id or team, and no document this text
}

func (a *aside) yaml() string {
	return fmt.Sprintf(`  %s:
    files: {}
    fields: { owner: { type: string }, tag: { type: string }, note: { type: string } }
    rules: { read: '%s', create: 'auth != nil', update: 'doc.owner == auth.id', delete: 'doc.owner == auth.id' }
    set: { create: { owner: auth.id } }
    fields_readable: { note: 'doc.owner == auth.id' }
`, a.vault, fileRules[a.reads])
}

func (a *aside) channel() string {
	rule := strings.ReplaceAll(roomRules[a.enters], "%s", a.looksAt)
	return fmt.Sprintf("  \"%s:{id}\": { subscribe: '%s', publish: '%s', history: 5 }\n", a.room, rule, rule)
}

// freezes are the cells that the rule of rooms looks at.
func (a *aside) freezes(out map[string]bool) {
	if a.enters == 2 {
		out[a.looksAt], out[a.looksAt+".s"] = true, true
	}
}

// stock stores the files in both worlds, and says something in the sealed room of the second. It returns the addresses of
// the files.
func (a *aside) stock(on [2]*instance, who *caller) (ids [2][]string, err error) {
	for world, i := range on {
		for _, f := range a.files {
			body, note := "the bytes of "+f.path, "a note"
			if world == 1 {
				if !f.owned(who) {
					note = secret
				}
				if f.hidden {
					body = secret
				}
			}
			if f.hidden && !f.both && world == 0 {
				ids[0] = append(ids[0], "")
				continue
			}
			fields := row{"owner": quoted(f.owner), "tag": quoted(f.tag), "note": quoted(note)}.object()
			p := url.Values{"path": {f.path}, "fields": {fields}}
			got := i.send(adminKey, addresses[0], call{method: "POST", path: "/v1/files/" + a.vault + "?" + p.Encode(), body: body, header: map[string]string{"Content-Type": "text/plain"}})
			id := idPattern.FindString(got.body)
			if got.status != 201 || id == "" {
				return ids, fmt.Errorf("storing a file: %v", got)
			}
			ids[world] = append(ids[world], id)
		}
	}
	for n, id := range ids[1] {
		if ids[0][n] == "" {
			ids[0][n] = id
		}
	}
	return ids, a.say(on[1])
}

// say says something in the sealed room.
func (a *aside) say(on *instance) error {
	if a.sealed == "" {
		return nil
	}
	got := on.send(adminKey, addresses[0], call{method: "POST", path: "/v1/channels/" + a.sealed, body: `{"data":"` + secret + `"}`})
	if got.status != 200 {
		return fmt.Errorf("saying something in a room: %v", got)
	}
	return nil
}

// owned says whether a caller has the file, so that the mask of the note does not apply.
func (f *file) owned(who *caller) bool { return who.admin || who.claims["sub"] == f.owner }

var (
	idPattern       = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b`)
	volatilePattern = regexp.MustCompile(`"(url|message|resume|etag)":"[^"]*"|tus/[0-9A-Za-z_-]+`)
)

// withoutVolatile hides what differs each time in answers about files and channels.
func withoutVolatile(text string) string {
	return volatilePattern.ReplaceAllString(idPattern.ReplaceAllString(text, "ID"), "VOLATILE")
}

// call draws a call about the files, or the channels.
func (a *aside) call(g *client) call {
	if g.in(3) {
		ids := []string{"u1", "u2", "a", "open", "sealed"}
		if a.enters == 2 { // a node hears of a write of the caller a moment later: what that opens or closes is left out
			ids = ids[3:]
		}
		room := a.room + ":" + pick(g.gen, ids)
		return call{method: "POST", path: "/v1/channels/" + room, body: `{"data":` + pick(g.gen, jsons) + `}`, volatile: true}
	}
	n := g.IntN(len(a.files))
	id, path := "{file"+strconv.Itoa(n)+"}", "/v1/files/"+a.vault
	one := call{method: "GET", path: path + "/" + id, volatile: true, header: map[string]string{}}
	if g.in(4) {
		one.header["Range"] = pick(g.gen, []string{"bytes=0-3", "bytes=-2", "bytes=20-", "bytes=999-"})
	}
	if g.in(4) {
		one.header["If-None-Match"] = "*"
	}
	conditions := []string{`path startsWith "v/"`, "size > 20", `note == "` + secret + `"`, `owner == "u1"`, `tag != "all"`, `type startsWith "text"`, `note != nil`, `id == "` + id + `"`}
	switch g.IntN(13) {
	case 0, 1:
		return one
	case 2:
		one.method = "HEAD"
		return one
	case 3:
		one.path = path + "?" + url.Values{"path": {a.files[n].path}}.Encode()
		return one
	case 4, 5:
		p := url.Values{"filter": {pick(g.gen, conditions)}, "sort": {pick(g.gen, []string{"path", "-size,path", "note,path", "type,path"})}, "count": {"true"}}
		return call{method: "GET", path: "/v1/db/" + a.vault, volatile: true}.with(p)
	case 6:
		body := `{"where":{"path":{"$startsWith":"v/"}},"count":true,"sum":["size"],"max":["` + pick(g.gen, []string{"size", "note", "tag", "type"}) + `"]}`
		return call{method: "POST", path: "/v1/db/" + a.vault + "/aggregate", body: body, volatile: true}
	case 7:
		return call{method: "POST", path: path + "/" + id + "/link", body: `{"expires":"1h"}`, volatile: true}
	case 8:
		return call{method: "POST", path: path + "/link", body: `{"expires":"1h","path":"o/x.txt"}`, volatile: true}
	case 9:
		return call{method: "PUT", path: path + "/" + id, body: pick(g.gen, []string{secret, "other bytes"}), volatile: true, header: map[string]string{"Content-Type": "text/plain"}}
	case 10:
		return call{method: pick(g.gen, []string{"DELETE", "GET"}), path: "/v1/db/" + a.vault + "/" + id, volatile: true}
	case 11:
		return call{method: "POST", path: path + "/tus", volatile: true, header: map[string]string{"Tus-Resumable": "1.0.0", "Upload-Length": "4", "Upload-Metadata": "filename YS50eHQ="}}
	}
	p := url.Values{"path": {"o/" + strconv.Itoa(g.IntN(3)) + ".txt"}}
	return call{method: pick(g.gen, []string{"POST", "PUT"}), path: path + "?" + p.Encode(), body: pick(g.gen, []string{"mine", secret[:5]}), volatile: true, header: map[string]string{"Content-Type": "text/plain"}}
}

// guest is the caller in some rooms of one world, over the WebSocket.
type guest struct {
	live  *servertest.Live
	mu    sync.Mutex // guards what follows
	text  []string
	ended error
}

// enter goes to rooms in both worlds.
func (a *aside) enter(s *session) (out [2]*guest, err error) {
	for i, on := range s.on {
		live, err := servertest.DialFrom("http://"+on.url, s.tokens[i], s.caller.ip)
		if err != nil {
			return out, err
		}
		g := &guest{live: live}
		out[i] = g
		go func() {
			for {
				m, err := live.Next(time.Minute)
				if err != nil {
					g.mu.Lock()
					g.ended = err
					g.mu.Unlock()
					return
				}
				g.mu.Lock()
				g.text = append(g.text, m.Text)
				g.mu.Unlock()
			}
		}()
		for n, id := range []string{"sealed", "u1", "a", "open"} { // as many as received has
			if err := live.Send(fmt.Sprintf(`{"id":"%d","op":"subscribe","channel":"%s:%s","presence":true,"state":{"n":1}}`, n, a.room, id)); err != nil {
				return out, err
			}
		}
		for end := time.Now().Add(convergence); ; time.Sleep(time.Millisecond) {
			answers, all := g.received()
			if !slices.Contains(answers[:], "") {
				break
			}
			if time.Now().After(end) {
				return out, fmt.Errorf("a subscription is not answered: %s; the connection: %v", all, g.ended)
			}
		}
	}
	return out, nil
}

// received are the messages of a guest, by subscription: what is said in one room has an order.
func (g *guest) received() (out [4]string, all string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for n := range out {
		for _, text := range g.text {
			if strings.Contains(text, `"id":"`+strconv.Itoa(n)+`"`) {
				out[n] += withoutVolatile(text) + "\n"
			}
		}
	}
	return out, strings.Join(g.text, "\n")
}

// leave compares what was received in both worlds.
func (a *aside) leave(s *session, guests [2]*guest) *failure {
	end := time.Now().Add(convergence)
	for {
		first, text := guests[0].received()
		second, other := guests[1].received()
		got := [2]answer{{body: text}, {body: other}}
		answered := !slices.Contains(first[:], "")
		switch {
		case strings.Contains(other, secret):
			return &failure{at: len(s.steps) - 1, what: "a room shows what is said elsewhere", got: got}
		case answered && first == second:
			return nil
		case time.Now().After(end):
			return &failure{at: len(s.steps) - 1, what: "the rooms differ", got: got}
		}
		time.Sleep(2 * time.Millisecond)
	}
}
