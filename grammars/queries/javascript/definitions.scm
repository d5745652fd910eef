; A signature is the text from the definition's start to its body's.
(function_declaration name: (identifier) @name body: (_) @body) @definition
(generator_function_declaration name: (identifier) @name body: (_) @body) @definition
(class_declaration name: (_) @name body: (_) @body) @definition
(method_definition name: (_) @name body: (_) @body) @definition
(lexical_declaration
  (variable_declarator
    name: (identifier) @name
    value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)])) @definition
(program
  (lexical_declaration
    (variable_declarator
      name: (identifier) @name
      value: [(object) (new_expression) (string) (number) (array)])) @definition)
