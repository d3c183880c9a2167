package controller

// The commands of files.
type (
	// OpenFile opens the file dialog for a capture.
	OpenFile struct{}
	// ImportNetwork reads the requests of the browser's Network panel.
	ImportNetwork struct{}
	// BackToLive shows the live capture instead of a file.
	BackToLive struct{}
	// Save saves the capture in a format: "tscap", "jsonl", "har", "csv", "pcapng" or "html".
	Save struct{ Format string }
	// ToggleSecrets changes whether saved files keep credentials. Those of an opened file are shown then, too.
	ToggleSecrets struct{}
	// ToggleCredentials shows the credentials in the handshakes of the files that are open, or hides them again.
	ToggleCredentials struct{}
	// PickSchema opens the file dialog for a Protobuf descriptor set.
	PickSchema struct{}
	// RemoveSchema removes the descriptor set.
	RemoveSchema struct{}
)

func (OpenFile) run(c *Controller) {
	c.openMenu(NoMenu)
	c.page.OpenFile()
}
func (ImportNetwork) run(c *Controller) { c.page.Network() }
func (BackToLive) run(c *Controller)    { c.back() }
func (s Save) run(c *Controller) {
	c.openMenu(NoMenu)
	c.save(s.Format)
}

func (ToggleSecrets) run(c *Controller) {
	c.flip(&c.keepSecrets)
	c.reread()
}

func (ToggleCredentials) run(c *Controller) {
	c.flip(&c.showSecrets)
	c.reread()
}
func (PickSchema) run(c *Controller)   { c.page.PickFile(SchemaFile) }
func (RemoveSchema) run(c *Controller) { c.settings.dropSchema() }
