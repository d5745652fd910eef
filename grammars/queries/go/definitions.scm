; A signature is the text from the definition's start to its body's.
(function_declaration name: (identifier) @name body: (_)? @body) @definition
(method_declaration name: (field_identifier) @name body: (_)? @body) @definition
(type_declaration (type_spec name: (type_identifier) @name)) @definition
(const_declaration (const_spec name: (identifier) @name)) @definition
(source_file (var_declaration (var_spec name: (identifier) @name)) @definition)
