package events

// Wait waits for the deliveries that run, and lets others begin afterwards.
func (d *Deliverer) Wait() { d.running.Wait() }
