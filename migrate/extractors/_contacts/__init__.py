"""How contact files, vCard and LDIF, are taken apart."""
