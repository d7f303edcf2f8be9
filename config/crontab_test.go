package config

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the cases, whatever the machine has
)

// TestSchedule has the times that follow one another, from the first one after a given time.
func TestSchedule(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ schedule, zone, after, want string }{
		{"0 3 * * *", "", "2026-01-01T00:00:00Z", "2026-01-01T03:00:00Z 2026-01-02T03:00:00Z"},
		{"*/20 * * * *", "", "2026-01-01T00:20:00Z", "2026-01-01T00:40:00Z 2026-01-01T01:00:00Z"},
		{"@daily", "", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"},
		{"@every 10m", "", "2026-01-01T00:03:00Z", "2026-01-01T00:10:00Z 2026-01-01T00:20:00Z"},
		// 7 is Sunday, alone, in ranges and in steps; names; lists. 2026-01-04 is a Sunday.
		{"0 0 * * 7", "", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z 2026-01-11T00:00:00Z"},
		{"0 0 * * 0", "", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z 2026-01-11T00:00:00Z"},
		{"0 0 * * 6-7", "", "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z 2026-01-04T00:00:00Z 2026-01-10T00:00:00Z"},
		{"0 0 * * fri-7", "", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z 2026-01-03T00:00:00Z 2026-01-04T00:00:00Z 2026-01-09T00:00:00Z"},
		{"0 0 * * 5-7/2", "", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z 2026-01-04T00:00:00Z 2026-01-09T00:00:00Z"},
		{"0 0 * * 0-7", "", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"},
		{"0 0 * * 1,7", "", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z 2026-01-05T00:00:00Z"},
		{"0 0 * * SUN", "", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"},
		{"0 0 1 feb-apr/2 *", "", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z 2026-04-01T00:00:00Z 2027-02-01T00:00:00Z"},
		// Either day fits where both are restricted; both have to where one begins with *.
		{"0 0 13 * fri", "", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z 2026-01-09T00:00:00Z 2026-01-13T00:00:00Z"},
		{"0 0 */2 * mon", "", "2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z 2026-01-19T00:00:00Z 2026-02-09T00:00:00Z"},
		{"0 0 29 2 *", "", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z 2032-02-29T00:00:00Z"},
		{"0 0 29 2 *", "", "2097-01-01T00:00:00Z", "2104-02-29T00:00:00Z"},
		{"0 0 29 2 */7", "", "2026-01-01T00:00:00Z", "2032-02-29T00:00:00Z 2060-02-29T00:00:00Z"},
		// Berlin: at 2:00 on 2027-03-28 the clock shows 3:00, at 3:00 on 2027-10-31 it shows 2:00 again.
		{"30 2 * * *", "Europe/Berlin", "2027-03-26T12:00:00Z", "2027-03-27T01:30:00Z 2027-03-28T01:00:00Z 2027-03-29T00:30:00Z"},
		{"30 2 * * *", "Europe/Berlin", "2027-10-30T12:00:00Z", "2027-10-31T00:30:00Z 2027-11-01T01:30:00Z"},
		{"*/15 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z 2027-03-29T00:00:00Z 2027-03-29T00:15:00Z"},
		{"0,30 2 * * *", "Europe/Berlin", "2027-10-30T12:00:00Z", "2027-10-31T00:00:00Z 2027-10-31T00:30:00Z 2027-11-01T01:00:00Z"},
		{"0 3 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z 2027-03-29T01:00:00Z"},
		{"0 3 * * *", "Europe/Berlin", "2027-10-30T12:00:00Z", "2027-10-31T02:00:00Z 2027-11-01T02:00:00Z"},
		{"30 * * * *", "Europe/Berlin", "2027-03-28T00:00:00Z", "2027-03-28T00:30:00Z 2027-03-28T01:30:00Z 2027-03-28T02:30:00Z"},
		{"30 * * * *", "Europe/Berlin", "2027-10-31T00:00:00Z", "2027-10-31T00:30:00Z 2027-10-31T01:30:00Z 2027-10-31T02:30:00Z"},
		{"30 2 28 3 *", "Europe/Berlin", "2027-01-01T00:00:00Z", "2027-03-28T01:00:00Z 2028-03-28T00:30:00Z"},
		{"0 0 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z", "2027-03-27T23:00:00Z 2027-03-28T22:00:00Z"},
		// A clock that is set forward at midnight, and one that is set by half an hour.
		{"0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-04T03:00:00Z 2018-11-05T02:00:00Z"},
		{"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T10:00:00Z", "2026-10-03T15:30:00Z 2026-10-04T15:15:00Z"},
		{"45 1 * * *", "Australia/Lord_Howe", "2026-04-04T10:00:00Z", "2026-04-04T14:45:00Z 2026-04-05T15:15:00Z"},
		{"0 9 * * 1-5", "America/New_York", "2026-03-06T20:00:00Z", "2026-03-09T13:00:00Z 2026-03-10T13:00:00Z"},
	} {
		s, err := parseSchedule(test.schedule, test.zone)
		if err != nil {
			t.Errorf("%s: %v", test.schedule, err)
			continue
		}
		at, err := time.Parse(time.RFC3339, test.after)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for range strings.Fields(test.want) {
			at = s.Next(at)
			got = append(got, at.UTC().Format(time.RFC3339))
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%s in %q after %s: got %s, want %s", test.schedule, test.zone, test.after, got, test.want)
		}
	}
}

// TestSchedule_OnceADay: over two years of changes, what happens at an hour happens once on each date.
func TestSchedule_OnceADay(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata"} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, schedule := range []string{"0 0 * * *", "59 23 * * *", "30 1 * * *", "0 2 * * *", "30 2 * * *", "0 3 * * *"} {
			s, err := parseSchedule(schedule, zone)
			if err != nil {
				t.Fatal(err)
			}
			at := time.Date(2026, 1, 1, 12, 0, 0, 0, location)
			for day := range 366 { // with both changes
				at = s.Next(at)
				want := time.Date(2026, 1, 2+day, 12, 0, 0, 0, location).Format(time.DateOnly)
				if schedule == "59 23 * * *" {
					want = time.Date(2026, 1, 1+day, 12, 0, 0, 0, location).Format(time.DateOnly)
				}
				if got := at.In(location).Format(time.DateOnly); got != want {
					t.Fatalf("%s in %s: %s is on %s, want %s", schedule, zone, at, got, want)
				}
			}
		}
	}
}

// TestSchedule_Refused: what is no schedule, and what never happens.
func TestSchedule_Refused(t *testing.T) {
	t.Parallel()
	for schedule, want := range map[string]string{
		"0 0 31 2 *": "never", "0 0 30 feb *": "never", "0 0 31 4,6,9,11 *": "never", "0 0 31 2 */9": "never",
		"CRON_TZ=Europe/Berlin 30 2 * * *": "timezone: Europe/Berlin", "TZ=UTC 0 0 * * *": "timezone: UTC",
		"": "", "* * * *": "", "0 0 0 0 0 0": "", "60 * * * *": "", "* 24 * * *": "", "0 0 * * 8": "", "0 0 * * 5-8": "", "0 0 * * x-7": "day of the week", "*/0 * * * *": "", "@reboot": "", "0 0 L * *": "", "0 0 * * 1-7/0": "",
	} {
		if s, err := parseSchedule(schedule, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, %v", schedule, s, err)
		}
	}
	for _, zone := range []string{"Europe/Nowhere", "Local", "../etc/passwd", "CET+3"} {
		if _, err := parseSchedule("0 0 * * *", zone); err == nil {
			t.Errorf("there is a zone %q", zone)
		}
	}
}
