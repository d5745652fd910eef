(import_statement) @import
(lexical_declaration
  (variable_declarator value: (call_expression function: (identifier) @require))
  (#eq? @require "require")) @import
