"""Forms (表单库, S1 (一)): questions by version, with the JSON Schema that follows from them."""
