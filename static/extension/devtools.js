// Adds the panel to the developer tools.
"use strict";

chrome.devtools.panels.create("Tetherscope", "", "panel.html");
