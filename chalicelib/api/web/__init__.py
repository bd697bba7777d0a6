"""What all routes share: @endpoint, parsing, problems, cursors, OpenAPI, CORS, the shapes of answers."""
