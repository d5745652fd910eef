; A signature is the text from the definition's start to its body's.
(function_declaration name: (identifier) @name body: (_) @body) @definition
(generator_function_declaration name: (identifier) @name body: (_) @body) @definition
(function_signature name: (identifier) @name) @definition
(class_declaration name: (_) @name body: (_) @body) @definition
(abstract_class_declaration name: (_) @name body: (_) @body) @definition
(method_definition name: (_) @name body: (_) @body) @definition
(method_signature name: (_) @name) @definition
(interface_declaration name: (type_identifier) @name) @definition
(enum_declaration name: (identifier) @name) @definition
(type_alias_declaration name: (type_identifier) @name) @definition
(lexical_declaration
  (variable_declarator
    name: (identifier) @name
    value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)])) @definition
