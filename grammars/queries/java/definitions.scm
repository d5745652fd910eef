; A signature is the text from the definition's start to its body's.
(method_declaration name: (identifier) @name body: (block)? @body) @definition
(constructor_declaration name: (identifier) @name body: (_) @body) @definition
(class_declaration name: (identifier) @name body: (_) @body) @definition
(interface_declaration name: (identifier) @name body: (_) @body) @definition
(enum_declaration name: (identifier) @name) @definition
(record_declaration name: (identifier) @name body: (_) @body) @definition
(field_declaration declarator: (variable_declarator name: (identifier) @name)) @definition
