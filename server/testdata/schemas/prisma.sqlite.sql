CREATE TABLE "User" ("id" TEXT NOT NULL PRIMARY KEY, "email" TEXT NOT NULL, "name" TEXT, "role" TEXT NOT NULL DEFAULT 'USER', "createdAt" TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, "avatar" BLOB);
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
CREATE TABLE "Post" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "authorId" TEXT, "title" TEXT NOT NULL, "published" BOOLEAN NOT NULL DEFAULT false, "views" BIGINT NOT NULL DEFAULT 0, "rating" REAL, CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User" ("id") ON DELETE SET NULL ON UPDATE CASCADE);
CREATE INDEX "Post_authorId_views_idx" ON "Post"("authorId", "views" DESC);
CREATE TABLE "Category" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "name" TEXT NOT NULL);
CREATE TABLE "_CategoryToPost" ("A" INTEGER NOT NULL, "B" INTEGER NOT NULL, PRIMARY KEY ("A", "B"), CONSTRAINT "_CategoryToPost_A_fkey" FOREIGN KEY ("A") REFERENCES "Category" ("id"), CONSTRAINT "_CategoryToPost_B_fkey" FOREIGN KEY ("B") REFERENCES "Post" ("id"));
CREATE TABLE "_prisma_migrations" ("id" TEXT PRIMARY KEY NOT NULL, "checksum" TEXT NOT NULL, "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0);
-- rows
INSERT INTO "User" ("id", "email", "name", "role", "createdAt", "avatar") VALUES ('clh1a0000000008l4a1b2c3d4', 'ann@x.org', 'Ann', 'ADMIN', '2026-01-02 03:04:05', x'00ff'), ('a/b c+d', 'bob+news@x.org', NULL, 'USER', '2026-01-02 03:04:05', NULL), ('Käthe', 'k@x.org', '', 'USER', '1999-12-31', x'');
INSERT INTO "Post" ("id", "authorId", "title", "published", "views", "rating") VALUES (1, 'clh1a0000000008l4a1b2c3d4', 'First', true, 9223372036854775807, 0.1), (2, 'a/b c+d', 'first', false, -1, NULL), (3, NULL, '', false, 0, 1e300), (4, 'clh1a0000000008l4a1b2c3d4', 'it''s', true, 0, 3);
INSERT INTO "Category" ("id", "name") VALUES (1, 'News'), (2, 'Sport');
INSERT INTO "_CategoryToPost" ("A", "B") VALUES (1, 1), (1, 2), (2, 1), (2, 4);
INSERT INTO "_prisma_migrations" ("id", "checksum") VALUES ('2f1b8a44', 'c0ffee');
