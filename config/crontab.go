package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule says when something happens.
type Schedule interface {
	// Next returns the first time after another one.
	Next(time.Time) time.Time
}

// evenly is a schedule of every so often, at the same times on every node, whenever that has started.
type evenly time.Duration

// Next implements [Schedule].
func (e evenly) Next(t time.Time) time.Time {
	return t.Truncate(time.Duration(e)).Add(time.Duration(e))
}

// crontab is a schedule as crontab(5) has them, in a time zone, with the rule of cron(8) for changes of the clock: what
// happens at certain hours happens once a day. Where the clock goes forward over its time, it happens at once then; where
// the clock goes back, it does not happen again. What happens in every hour follows the clock.
type crontab struct {
	minutes, hours, days, months, weekdays uint64 // a bit for each value
	// either says that days and weekdays are both restricted: a day fits if one of them does.
	either bool
	zone   *time.Location
}

const (
	allHours = 1<<24 - 1
	// farthest is how far ahead a time is looked for: the calendar repeats after 400 years, February 29 on one day of the
	// week after 40 at most.
	farthest = 41 * 366
	// largestChange of a clock is one that the rule is for; a larger one is a correction.
	largestChange = 3 * time.Hour
)

// parseSchedule reads a schedule in the format of crontab(5), or "@every 10m", "@daily" and their like.
func parseSchedule(text, zone string) (Schedule, error) {
	location := time.UTC
	if zone != "" {
		var err error
		if location, err = time.LoadLocation(zone); err != nil || zone == "Local" {
			return nil, fmt.Errorf("there is no time zone %q; write one such as Europe/Berlin", zone)
		}
	}
	if name, value, ok := strings.Cut(text, "="); ok && (name == "TZ" || name == "CRON_TZ") {
		value, _, _ = strings.Cut(value, " ")
		return nil, fmt.Errorf("write the time zone beside the schedule: timezone: %s", value)
	}
	fields := strings.Fields(text)
	if len(fields) == 5 {
		weekdays, err := sundayIsZero(fields[4])
		if err != nil {
			return nil, err
		}
		fields[4] = weekdays
	}
	parsed, err := cron.ParseStandard(strings.Join(fields, " "))
	if err != nil {
		return nil, err
	}
	switch s := parsed.(type) {
	case cron.ConstantDelaySchedule:
		return evenly(s.Delay), nil
	case *cron.SpecSchedule:
		star := func(i int) bool {
			return len(fields) != 5 || strings.HasPrefix(fields[i], "*") || strings.HasPrefix(fields[i], "?")
		}
		out := crontab{s.Minute, s.Hour, s.Dom, s.Month, s.Dow, !star(2) && !star(4), location}
		if out.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
			return nil, fmt.Errorf("%q never happens: there is no such day", text)
		}
		return out, nil
	}
	return nil, fmt.Errorf("%q is not a schedule such as \"0 3 * * *\"", text)
}

// sundayIsZero writes days of the week without 7, which is Sunday as 0 is.
func sundayIsZero(field string) (string, error) {
	parts := strings.Split(field, ",")
	for i, part := range parts {
		span, step, stepped := strings.Cut(part, "/")
		low, high, ranged := strings.Cut(span, "-")
		switch {
		case !ranged && span == "7":
			parts[i] = "0"
			if stepped { // 7/2 begins on the last day
				parts[i] = "0-0/" + step
			}
		case ranged && high == "7":
			from, err := strconv.Atoi(low)
			if err != nil {
				names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
				for from = range names {
					if strings.EqualFold(low, names[from]) {
						err = nil
						break
					}
				}
			}
			by := 1
			if stepped {
				by, _ = strconv.Atoi(step)
			}
			if err != nil || from < 0 || from > 7 || by < 1 {
				return "", fmt.Errorf("%q is not a day of the week: they are 0 to 7, where 0 and 7 are Sunday, or sun to sat", part)
			}
			var days []string
			for day := from; day <= 7; day += by {
				days = append(days, strconv.Itoa(day%7))
			}
			parts[i] = strings.Join(days, ",")
		}
	}
	return strings.Join(parts, ","), nil
}

// Next implements [Schedule]. It returns the zero time for a schedule that never happens.
func (c crontab) Next(after time.Time) time.Time {
	t := after.In(c.zone).Truncate(time.Minute).Add(time.Minute)
	for end := t.AddDate(0, 0, farthest); t.Before(end); {
		switch {
		case !c.fits(t) && !c.changed(t):
			t = jump(t, time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, c.zone))
		case c.due(t):
			return t.UTC()
		case c.hours&(1<<t.Hour()) == 0 && !c.changed(t):
			t = jump(t, t.Add(time.Duration(60-t.Minute())*time.Minute))
		default:
			t = t.Add(time.Minute)
		}
	}
	return time.Time{}
}

// jump returns where to look next after t: at next, unless the clock changes on the way.
func jump(t, next time.Time) time.Time {
	_, before := t.Zone()
	if _, then := next.Zone(); !next.After(t) || then != before {
		return t.Add(time.Minute)
	}
	return next
}

// fits reports whether a day is one of the schedule's.
func (c crontab) fits(t time.Time) bool {
	day, weekday := c.days&(1<<t.Day()) != 0, c.weekdays&(1<<t.Weekday()) != 0
	return c.months&(1<<t.Month()) != 0 && (day && weekday || c.either && (day || weekday))
}

// shown reports whether a clock shows a time of the schedule.
func (c crontab) shown(t time.Time) bool {
	return c.hours&(1<<t.Hour()) != 0 && c.minutes&(1<<t.Minute()) != 0 && c.fits(t)
}

// changed reports whether the clock is changed at t.
func (c crontab) changed(t time.Time) bool {
	_, now := t.Zone()
	_, before := t.Add(-time.Minute).Zone()
	return now != before
}

// due reports whether the schedule happens at t, a whole minute.
func (c crontab) due(t time.Time) bool {
	everyHour := c.hours&allHours == allHours
	if c.shown(t) && (everyHour || !c.repeated(t)) {
		return true
	}
	return !everyHour && c.skipped(t)
}

// repeated reports whether the clock has shown the time of t before, because it was set back.
func (c crontab) repeated(t time.Time) bool {
	_, now := t.Zone()
	_, before := t.Add(-largestChange).Zone()
	back := time.Duration(before-now) * time.Second
	if back <= 0 || back > largestChange {
		return false
	}
	_, then := t.Add(-back).Zone()
	return then == before
}

// skipped reports whether the clock is set forward at t, over a time of the schedule.
func (c crontab) skipped(t time.Time) bool {
	_, now := t.Zone()
	_, before := t.Add(-time.Minute).Zone()
	forward := time.Duration(now-before) * time.Second
	if forward <= 0 || forward > largestChange {
		return false
	}
	old := time.FixedZone("", before)
	for d := time.Duration(0); d < forward; d += time.Minute {
		if c.shown(t.Add(d).In(old)) {
			return true
		}
	}
	return false
}
