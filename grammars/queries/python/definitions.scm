; A signature is the text from the definition's start to its body's.
(function_definition name: (identifier) @name body: (_) @body) @definition
(class_definition name: (identifier) @name body: (_) @body) @definition
(module
  (expression_statement
    (assignment left: (identifier) @name)) @definition)
