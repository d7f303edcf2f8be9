package ruletest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Print writes a report for people, and reports whether every test has passed.
func (r *Report) Print(w io.Writer, verbose bool) bool {
	failed := 0
	for _, result := range r.Results {
		switch {
		case result.Failure != "":
			failed++
			fmt.Fprintf(w, "FAIL %s: %s\n%s\n", r.File, result.Name, indent(result.Failure))
		case verbose:
			fmt.Fprintf(w, "ok   %s: %s\n", r.File, result.Name)
		}
	}
	fmt.Fprintf(w, "%s: %d passed, %d failed, %d attacks; %d of %d conditions were both true and false\n", r.File, len(r.Results)-failed, failed, r.Attacks, r.Covered, r.Covered+len(r.Uncovered))
	for _, c := range r.Uncovered {
		never := "never true"
		switch {
		case !c.True && !c.False:
			never = "never asked"
		case c.True:
			never = "never false"
		}
		fmt.Fprintf(w, "  %-12s %s.%s: %s\n", never, c.Collection, c.Op, c.Source)
	}
	return failed == 0
}

func indent(s string) string { return "     " + strings.ReplaceAll(s, "\n", "\n     ") }

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	ClassName string        `xml:"classname,attr"`
	Time      string        `xml:"time,attr"`
	Failure   *junitFailure `xml:"failure,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes reports in the XML format that CI systems read.
func JUnit(w io.Writer, reports []*Report) error {
	out := junitSuites{}
	for _, r := range reports {
		s := junitSuite{Name: r.File, Tests: len(r.Results)}
		for _, result := range r.Results {
			c := junitCase{Name: result.Name, ClassName: r.File, Time: fmt.Sprintf("%.4f", result.Took.Seconds())}
			if result.Failure != "" {
				s.Failures++
				c.Failure = &junitFailure{"not as expected", result.Failure}
			}
			s.Cases = append(s.Cases, c)
		}
		out.Suites = append(out.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(out); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
