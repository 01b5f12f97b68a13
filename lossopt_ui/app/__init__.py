"""The shell around the pages: navigation, middleware, server lifespan."""
