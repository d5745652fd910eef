; A signature is the text from the definition's start to its body's.
(function_item name: (_) @name body: (_) @body) @definition
(function_signature_item name: (_) @name) @definition
(struct_item name: (_) @name) @definition
(enum_item name: (_) @name) @definition
(trait_item name: (_) @name body: (_) @body) @definition
(type_item name: (_) @name) @definition
(const_item name: (_) @name) @definition
(macro_definition name: (_) @name) @definition
