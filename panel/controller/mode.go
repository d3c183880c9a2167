package controller

// Mode is where the panel runs, and so what it can do.
type Mode string

// The modes.
const (
	ModeServer   Mode = "server"   // a page of the development server
	ModeDevtools Mode = "devtools" // a panel of the browser's developer tools
	ModeShared   Mode = "shared"   // a capture saved as an HTML file: there is only what is in it
)
