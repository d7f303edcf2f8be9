package config

// MCP is the section `mcp`: tools for assistants.
type MCP struct {
	At Position `json:"-"`
	// Whether assistants may create, update and delete, as far as the rules let their user. Without it they only read.
	Write bool `json:"write,omitempty"`
	// How many documents or groups one answer has, 100 by default.
	Documents int `json:"documents,omitempty"`
	// How large one answer is, 64KiB by default.
	Bytes Size `json:"bytes,omitempty"`
}

func (m *MCP) defaults() {
	setDefault(&m.Documents, 100)
	setDefault(&m.Bytes, 64<<10)
}

// mcp checks the section mcp.
func (v *validator) mcp() {
	m := v.c.MCP
	if m == nil {
		return
	}
	if m.Documents < 1 {
		v.fail(m.At, "mcp.documents is a whole number from 1 on")
	}
	if m.Bytes < 1<<10 {
		v.fail(m.At, "mcp.bytes is 1KiB or more")
	}
}
