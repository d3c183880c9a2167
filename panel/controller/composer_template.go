package controller

// saveTemplate saves the composed message under the title that was written.
func (c *composer) saveTemplate() {
	c.mu.Lock()
	problem := c.templates.Save(c.title, c.form)
	kept, title := c.templates.String(), c.title
	c.mu.Unlock()
	if problem != "" {
		c.show(problem, true)
		return
	}
	c.page.Remember(templatesKey, kept)
	c.show("Saved the template "+title, false)
}

// loadTemplate fills the composer with a template.
func (c *composer) loadTemplate(i int) {
	c.mu.Lock()
	if i < 0 || i >= len(c.templates) {
		c.mu.Unlock()
		return
	}
	form := c.templates[i].Compose
	form.Conn = c.form.Conn
	c.mu.Unlock()
	c.fill(form, nil)
}

func (c *composer) deleteTemplate(i int) {
	c.mu.Lock()
	c.templates.Remove(i)
	kept := c.templates.String()
	c.mu.Unlock()
	c.page.Remember(templatesKey, kept)
	c.wake()
}
