; A table's signature is its whole column list; a function's ends where its body begins.
(create_table (object_reference name: (identifier) @name)) @definition
(create_view (object_reference name: (identifier) @name) (create_query) @body) @definition
(create_materialized_view
  (object_reference name: (identifier) @name) (create_query) @body) @definition
(create_function
  (object_reference name: (identifier) @name) (function_body)? @body) @definition
(create_type (object_reference name: (identifier) @name)) @definition
(cte (identifier) @name (statement) @body) @definition
