"""What crosses to the browser: pydantic types, the one source of the TypeScript ones."""
